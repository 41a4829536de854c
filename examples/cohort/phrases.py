"""Wording of the notes: for each finding, four grades from absent to severe, each in several paraphrases.

In curly brackets stands what differs between patients. Each finding is a slot of its own, so that a note is a set of
imperfect signs of the severity. Only `NAMED` and `NEGATED` say the label's own word.
"""

__all__ = ["GRADED", "HISTORY", "MEDICINES", "NAMED", "NEGATED", "NEUTRAL"]

Grades = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]

GRADED: dict[str, Grades] = {
    "complaint": (
        ("Follow-up of blood pressure.", "Medication review.", "Fatigue.", "Low back pain."),
        ("Sore throat and runny nose.", "Dry cough.", "Feeling unwell."),
        ("Cough and fever.", "Shortness of breath on exertion.", "Productive cough."),
        ("Worsening shortness of breath.", "Fever with rigors and cough.", "Breathlessness and confusion."),
    ),
    "cough": (
        ("No cough.", "Denies cough or sputum.", "There has been no cough to speak of."),
        ("Occasional dry cough.", "A mild cough in the mornings.", "Reports a tickling cough without sputum."),
        ("Cough with yellow sputum.", "Productive cough for several days.", "Brings up yellow phlegm."),
        ("Cough with rusty sputum.", "Purulent, blood-streaked sputum.", "Constant cough with thick green sputum."),
    ),
    "fever": (
        ("No fever or chills.", "Denies fever.", "Has been afebrile at home."),
        ("Felt warm once, not measured.", "Low-grade temperature at home.", "Subjective fever for a night."),
        ("Temperature of 38.4 C at home.", "Fever with chills for three days.", "Febrile since the weekend."),
        (
            "High fever up to 39.6 C with rigors.",
            "Shaking chills and drenching night sweats.",
            "Persistent high fever.",
        ),
    ),
    "breath": (
        ("Breathing is comfortable.", "No shortness of breath.", "Climbs two flights of stairs without stopping."),
        ("Slightly short of breath on stairs.", "Mild dyspnea on exertion.", "Gets winded more easily than usual."),
        ("Short of breath when walking to the bathroom.", "Dyspnea on minimal exertion.", "Breathless when dressing."),
        ("Short of breath at rest.", "Cannot finish a sentence.", "Severe dyspnea, sleeps sitting upright."),
    ),
    "pain": (
        ("No chest pain.", "Denies pain in the chest.", "Chest is free of pain."),
        ("Some soreness of the chest wall.", "Vague discomfort in the chest.", "Mild chest tightness."),
        ("Pain in the side on deep breaths.", "Pleuritic discomfort.", "Stitch on the right when coughing."),
        ("Sharp pleuritic chest pain.", "Severe pain on every breath.", "Splints the chest because of pleuritic pain."),
    ),
    "general": (
        ("Well appearing, no distress.", "Comfortable, alert and oriented.", "Looks well."),
        ("Mildly ill appearing.", "Tired, but in no distress.", "Looks a little unwell."),
        ("Ill appearing, flushed.", "Uncomfortable, diaphoretic.", "Looks unwell, tachypneic."),
        ("Toxic appearing, using accessory muscles.", "In respiratory distress.", "Drowsy, labored breathing."),
    ),
    "lungs": (
        (
            "Lungs clear to auscultation on both sides.",
            "Normal breath sounds.",
            "Vesicular breath sounds, no crackles.",
        ),
        ("Scattered wheezes.", "A few coarse rhonchi that clear with cough.", "Slightly prolonged expiration."),
        (
            "Crackles at the {side} base.",
            "Diminished breath sounds at the {side} base.",
            "Inspiratory crackles {side}.",
        ),
        (
            "Bronchial breathing over the {side} lower lobe.",
            "Coarse crackles, dullness to percussion and egophony {side}.",
            "Diffuse crackles on both sides, worse {side}.",
        ),
    ),
    "laboratory": (
        ("White cells normal. CRP not raised.", "Inflammatory markers normal.", "Blood count unremarkable."),
        ("White cells at the upper limit. CRP slightly raised.", "CRP 18 mg/L.", "Minimal leukocytosis."),
        ("Leukocytosis with a left shift. CRP 92 mg/L.", "CRP raised, white cells 14.2.", "Procalcitonin 0.4 ng/mL."),
        ("White cells 21.6 with bands. CRP 268 mg/L.", "Procalcitonin 3.8 ng/mL, lactate 2.6.", "Marked leukocytosis."),
    ),
    "gas": (
        ("Saturation 98 % on room air.", "Oxygen saturation normal on room air.", "SpO2 97 % without oxygen."),
        ("Saturation 95 % on room air.", "SpO2 96 %, falls slightly on walking.", "Saturation just within normal."),
        ("Saturation 92 % on room air.", "SpO2 91 %, corrects with 2 L.", "Needs 2 L by nasal cannula."),
        ("Saturation 85 % on room air.", "Needs 6 L by mask to hold 90 %.", "Hypoxemic despite 4 L."),
    ),
    "imaging": (
        ("Chest radiograph: no acute process.", "Clear lungs, heart of normal size.", "Film without infiltrate."),
        (
            "Mild peribronchial thickening.",
            "Low lung volumes with subsegmental atelectasis at the {side} base.",
            "No focal consolidation, slightly increased markings.",
        ),
        (
            "Patchy opacity at the {side} base.",
            "Hazy opacity in the {side} lower zone, infiltrate not excluded.",
            "Possible early infiltrate on the {side}.",
        ),
        (
            "Lobar consolidation in the {side} lower lobe with air bronchograms.",
            "Dense consolidation {side} with a small effusion.",
            "Multifocal airspace opacities, worst on the {side}.",
        ),
    ),
    "course": (
        ("Nothing new since the last visit.", "Symptoms have resolved.", "Unchanged for months."),
        ("Symptoms began after a cold.", "Improving on its own.", "Grandchildren had a cold last week."),
        ("Getting worse over four days.", "No better after over-the-counter medicine.", "Onset five days ago."),
        ("Rapidly worse since yesterday.", "Brought by ambulance.", "Much worse overnight; poor oral intake."),
    ),
    "plan": (
        ("No treatment needed. Routine follow-up.", "Continue current medicines.", "Return as needed."),
        ("Supportive care, fluids, rest.", "Symptomatic treatment; return if worse.", "Inhaler as needed."),
        (
            "Start amoxicillin-clavulanate.",
            "Doxycycline for five days; recheck.",
            "Oral antibiotics, review in 48 hours.",
        ),
        ("Admit; ceftriaxone and azithromycin.", "Blood cultures, intravenous antibiotics.", "Step-down unit, oxygen."),
    ),
}
"""Findings; each with four grades, each with paraphrases."""

NAMED = (
    "Community-acquired pneumonia.",
    "Pneumonia, {side} lower lobe.",
    "Findings consistent with pneumonia.",
    "Clinical picture of bacterial pneumonia.",
    "Bronchopneumonia.",
)
"""First sentence of the assessment of some patients who have it."""

NEGATED = (
    "No evidence of pneumonia.",
    "Pneumonia considered and felt to be unlikely.",
    "Pneumonia ruled out.",
    "Not suggestive of pneumonia.",
)
"""First sentence of the assessment of some patients who do not."""

NEUTRAL = (
    "See findings above.",
    "Discussed with the team.",
    "Assessment as discussed at the bedside.",
    "Differential reviewed.",
)
"""First sentence where the label is not spoken of, in both."""

HISTORY = (
    "Hypertension",
    "Type 2 diabetes mellitus",
    "Hyperlipidemia",
    "Osteoarthritis of the knees",
    "Atrial fibrillation",
    "Chronic kidney disease stage 3",
    "Parkinson disease",
    "Hypothyroidism",
    "Crohn's disease",
    "Asthma in childhood",
    "Coronary artery disease, stent in 2014",
    "Benign prostatic hyperplasia",
    "Migraine",
    "Hodgkin lymphoma in remission",
    "L4-L5 disc herniation",
    "Gastroesophageal reflux",
)
"""Earlier diagnoses; they tell nothing of the severity."""

MEDICINES = (
    "lisinopril 10 mg daily",
    "metformin 500 mg twice daily",
    "atorvastatin 40 mg at night",
    "apixaban 5 mg twice daily",
    "levothyroxine 75 mcg daily",
    "omeprazole 20 mg daily",
    "amlodipine 5 mg daily",
    "carbidopa-levodopa 25/100 three times daily",
    "albuterol inhaler 2 puffs as needed",
    "aspirin 81 mg daily",
    "acetaminophen 500 mg as needed",
    "vitamin D 1000 units daily",
)
"""Home medicines; they tell nothing of the severity."""
