"""What real people ask in many words, and the many ways in which pages tell it."""

from __future__ import annotations

import pytest

from askpartner.evidence.demands import demand_unmet, time_unmet


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("How much does it cost?", "We do not charge."),
        ("What does it cost?", "CHF 300"),
        ("What does it cost?", "It is included in the rent."),
        ("How much does it cost?", "The price is negotiated."),
        ("How much extra money did it get?", "It secured another $60M."),
        ("How much was it sold for?", "It was sold for $4 million."),
        ("How long is the course?", "It runs from 3 March to 28 May."),
        ("How long is the course?", "Eight evenings."),
        ("How long can we stay?", "There is no time limit."),
        ("How long may our slides be?", "Send at most ten slides."),
        ("How soon do you answer?", "We answer the same week."),
        ("How long must I have worked?", "Five or more years in the trade"),
        ("How old is the institute?", "It celebrated its 50th anniversary in 2019."),
        ("When was it founded?", "It goes back to a workshop of 1921."),
        ("How far back does the archive go?", "Data have been collected since 1996."),
        ("What hours are you open?", "Doors open at 8 and close at 18."),
        ("What are the opening hours?", "Monday to Friday, 9–17."),
        ("At what time of night can we test?", "Between 01:15 and 04:30."),
        ("In which month does it start?", "It starts in May."),
        ("How often does it meet?", "Meetings are held in March and September."),
        ("How often must I renew it?", "The licence is valid for two years."),
        ("What weight is given to impact?", "Impact counts for 40 per cent."),
        ("How far is it from the station?", "It stands next to the station."),
        ("How hot does the kiln get?", "1250 C"),
        ("What proportion found a job?", "Nine out of ten."),
        ("What proportion of trainees found a job?", "Nine out of ten."),
        ("How much equity do you take?", "We take 6%."),
        ("How many people work there?", "There are nine of us."),
        ("What's the name of the ferry?", "The ferry Lina runs on hydrogen."),
        ("Who won the prize in 2023?", "2023: Alpha Robotics"),
        ("Who won?", "Winner 2022: Team Alpha"),
        ("What prize has it won?", "It received the Clear Language Prize."),
        ("What is the deadline?", "31 May 2026"),
        ("What is the deadline?", "Applications are open all year."),
        ("When does it close?", "First come, first served."),
        ("When is the next round?", "The call opens every spring."),
        ("Is there a hall next to the station?", "It is on the left."),
        ("What does the Future Foods Fund pay?", "It pays $40."),
        ("Who manages it?", "Ann Lee, Managing Director"),
        ("Who leads the lab?", "Head of laboratory: Ann Lee"),
        ("Who leads the lab?", "The lab is under the direction of Ann Lee."),
        ("Who owns the results?", "The results stay with the customer."),
        ("Who'll own the software?", "All code belongs to the client."),
        ("Who owns the IP?", "The company keeps all rights."),
        ("Who owns the data?", "All data are yours."),
        ("What is the interest rate?", "Loans are given without interest."),
        ("For how many people is there room?", "There is room for 60 people."),
        ("What is the maximum grant per project?", "Projects get up to 70 per cent of the cost."),
        ("What grant amount can we get?", "The award is capped at $100,000."),
        ("Who is the director of Alpha?", "Alpha is led by Ann Lee."),
        ("Who is the director of Alpha?", "Ann Lee is Professor and Head of the institute."),
        ("What is Phase I called?", "Phase I, the pilot, had 10,000 people."),
        ("What is stage 2 for?", "Stage II is for prototypes; stage I for ideas."),
        ("What does the test cost?", "A test for 20 people: KC 7,600"),  # whatever a KC is
        ("What does the test cost?", "A day costs KC 130."),
        ("What does the test cost?", "It costs RM 500."),
        ("What does the test cost?", "Test: Rp 20.000"),
        ("What does the test cost?", "Test: KC 90 per day"),
        ("Price of the 1,500-litre tank?", "1500 litres: $40"),
        ("Price of the tank for 30 people?", "Up to 40 people: $40"),
    ],
)
def test_a_demand_is_met_in_many_words(question: str, text: str) -> None:
    assert not demand_unmet(question, text)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Which team won last year?", "The winner gets free plant time."),
        ("For how much was Alpha sold?", "Alpha was sold in 2023."),
        ("How many people work at Alpha?", "It is free for companies with fewer than 50 staff."),
        ("In which month and year was it set up?", "It was set up in 2020."),
        ("In which year did it open?", "It opens twice a year."),
        ("At what time does it start?", "It starts in May."),
        ("Until when can I apply?", "The course starts on 6 October."),
        ("Who are the trustees? I need their names.", "Five trustees decide."),
        ("What does the licence test cost?", "Hourly rate: $140\nLicence test: 3 days"),
        ("How big is the third fund?", "The second fund holds $120 million."),
        ("What is the success rate?", "Ask the desk."),
        ("Who owns Alpha?", "Alpha keeps all results."),
        ("What is the maximum grant per project?", "Write to Dr. Lim Yuan Liang."),
        ("Who is the director of Alpha?", "Alpha helps 40 hospitals to innovate."),
        ("What is Phase I called?", "Phase III of the programme begins in 2026."),
        ("What is archetype 2 for?", "Archetype 3 is for tests in space."),
        ("What does the test cost?", "The test is done to ISO 9001."),
        ("What does the test cost?", "Write to room RM, on floor 4."),
        (
            "Price of the 1,500-litre tank?",
            "The 300-litre tank costs $40, 5,000 litres $90.",
        ),
    ],
)
def test_what_is_near_to_a_demand_does_not_meet_it(question: str, text: str) -> None:
    assert demand_unmet(question, text)


@pytest.mark.parametrize(
    "text",
    ["You are told within two weeks.", "It is paid on delivery.", "Visits are by appointment."],
)
def test_a_time_may_be_told_without_a_date(text: str) -> None:
    assert not time_unmet("When is it?", text)
