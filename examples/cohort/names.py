"""Names of invented people. Any likeness to a person is chance: given and family names are drawn apart.

Some are common, such as a name list knows; others no list knows. None is an English or a medical word, and all can be
written in Windows-1252, so that a search for one in a run's artifacts does not hit by accident.
"""

__all__ = ["FAMILY", "FEMALE", "MALE"]


def _words(text: str) -> tuple[str, ...]:
    """The names of a list; an underscore stands for a space within one."""
    return tuple(name.replace("_", " ") for name in text.split())


FEMALE = _words("""
    Adriana Alejandra Amelie Annelore Anneliese Antonella Arlette Astrid Beatriz Birgitta Bronwyn Camille
    Catalina Chiamaka Clémence Concetta Cordelia Danuta Deirdre Delphine Dolores Dorothea Eilidh Eleanora
    Elspeth Emiko Esmeralda Eszter Fernanda Fiorella Francesca Friederike Gabriela Genevieve Giulietta Gráinne
    Gudrun Guadalupe Gwendolyn Hannelore Harriet Hildegard Ileana Imogen Ingeborg Isabella Jacqueline Jessica
    Joséphine Jorunn Kateryna Keisha Kimberly Latoya Leocadia Lieselotte Ludmila Magdalena Margarethe Maribel
    Marisol Mercedes Michelle Miriam Natalia Ngozi Ottilie Patricia Philippa Priyanka Rebecca Rosalind Saoirse
    Shanice Sieglinde Siobhán Solveig Stephanie Sunniva Svetlana Tamsin Thandiwe Theodora Valentina Veronica
    Wilhelmina Ximena Yesenia Yevgenia Zuzanna Zoë
""")
"""Given names of women."""

MALE = _words("""
    Abelardo Adebayo Alasdair Alejandro Alessandro Ambrose Anselm Anthony Archibald Aurelio Balthasar
    Bartholomew Benedikt Balduin Björn Boleslav Casimir Christopher Cornelius Cuthbert Demetrius Desmond
    Diarmuid Dietrich Domenico Ebenezer Eduardo Emeka Erasmus Esteban Eustace Fabrizio Ferdinand Fergus Florian
    Geoffrey Gianluca Gregory Guillermo Hamish Heinrich Hiroshi Humberto Ignacio Isidore Jacinto Jedediah
    Jeremiah Joaquín Jonathan Kazimierz Kenneth Kwabena Laszlo Leopold Lorenzo Ludovic Lysander Malachi Matthias
    Maximilian Mordecai Nathaniel Nikolai Obadiah Oleksandr Olumide Osvaldo Ottokar Padraig Peregrine Quentin
    Raimund Rajesh Reinaldo Roderick Rodrigo Ruaridh Rutger Salvatore Sebastián Sigmund Stefano Sylvester
    Takeshi Terrence Thaddeus Theodore Tobias Torvald Ulysses Umberto Vincenzo Vladimir Wendelin Winston
    Wolfgang Zachariah Zebulon
""")
"""Given names of men."""

_WRITTEN = _words("""
    Abernathy Achterberg Adeyemi Aguirre Albrecht Anderson Aranda Arreola Ashworth Baczewski Balakrishnan
    Barrientos Bauer-Lindt Beauchamp Berggren Bhattacharya Bielski Blackwood-Ames Blanchflower Bogdanovich
    Bouchard Braithwaite Brzezinski Callahan Cardenas Castellanos Cavendish Chakrabarti Chaudhry Chatterjee
    Cholmondeley Ciccone Cruickshank D'Ambrosio D'Souza-Pinto Dalgaard De_la_Fuente De_la_Torre Delacroix
    Desrosiers Dlamini Dombrowski Donnelly Dubois-Martel Eberhardt Echeverría Eisenhauer Ekström Engelhardt
    Espinoza Etxeberria Fairweather Featherstonhaugh Ferreira Fitzgerald Fitzwilliam Fujimoto Gallagher
    Garza-Molina Gebremariam Giordano Goldschmidt González Grabowski Grünwald Guðmundsson Gutierrez Haraldsen
    Hashimoto Hathersage Henderson Hernandez Hjelmgren Hockenberry Hollingsworth Ibarra Ihejirika Inglethorpe
    Iwasaki Jablonski Jaworski Jayawardena Jiménez-Ortega Johansson Kaczmarek Karlsson Kavanagh Kensington-Doyle
    Kobayashi Kowalczyk Krasinski Krishnamurthy Kristoffersen Lachapelle Lindqvist Llewellyn Lockridge
    Loughborough Lundgren MacAllister MacGillivray Majewski Maldonado Mbeki-Osei McAllister McConaughy
    McGillicuddy McPhearson Mendoza Mikkelsen Montcalm-Reyes Morgenstern Mukherjee Müller-Haas Nakamura
    Narasimhaiah Nguyen Niedermeyer Nkemelu Nørgaard Nowakowski O'Callaghan O'Donoghue O'Halloran O'Shaughnessy
    O'Sullivan Oberholzer Ogunbanjo Okonkwo Olszewski Ordóñez Osterhagen Oyelaran Papadakis Partridge-Lowe Patel
    Pemberton Pendergast Petrosyan Pfeiffer Piotrowski Quesenberry Quintanilla Radcliffe Rademacher Ramaswamy
    Rasmussen Rautenberg Robinson Rodriguez Rosenkrantz Rothwell Rzepecki Sakamoto Sandoval Satterthwaite
    Schaffhauser Schneider Shaughnessy Sinclair-Vogt Solórzano Ståhlberg Steinmetz Subramanian Sørensen
    Takahashi Tchaikoff Thistlethwaite Thompson Thorvaldsen Trevelyan Turnquist Uchechukwu Underhill-Gray
    Urquhart Valenzuela van_der_Berg van_der_Meulen van_den_Heuvel van_Oosterom Vandermolen Vasquez Villanueva
    von_Stauffen von_Trotha Wachowski Wadsworth Weatherington Wickramasinghe Wojciechowski Wolstenholme
    Wrzesniewski Yamaguchi Ybarra Yellowlees Youngblood-Tait Zambrano Zeidler-Koch Zimmermann Zúñiga
""")
_STEMS = "Ald Brack Cald Dren Elsk Fenn Gris Hask Ister Jorv Kels Lomm Morv Nesk Orr Pell Quar Rost Skel Thorn Ulv Wex"
_ENDINGS = "combe dottir erby feldt gaard ingham kvist"

FAMILY = _WRITTEN + tuple(stem + ending for stem in _words(_STEMS) for ending in _words(_ENDINGS))
"""Family names; the last ones are put together and occur nowhere else."""
