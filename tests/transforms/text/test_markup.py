"""HTML to text."""

from transforms.text.cleaning import cleaned
from transforms.text.markup import text_of_html


def test_blocks_become_lines_and_markup_goes() -> None:
    html = (
        "<html><head><title>Zwyrtkova</title><style>p {}</style></head><body><h1>Note</h1><p>Fever &gt; 38&#176;C<br/>"
        "<b>no</b> cough</p><table><tr><td>Na</td><td>140</td></tr></table><script>x()</script></body></html>"
    )
    assert cleaned(text_of_html(html)).split() == ["Note", "Fever", ">", "38°C", "no", "cough", "Na", "140"]
    assert "Note\n" in cleaned(text_of_html(html))


def test_broken_markup_is_text() -> None:
    assert "38" in text_of_html("<p>fever < 38 <<>> & <b unclosed")
    assert text_of_html("plain") == "plain"
