"""Closed word lists of English that evidence reads questions with. Data, no logic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

FUNCTION_WORDS: Final = frozenset(
    """
    a an the of in on at to for from by with about into onto over under between during after
    before above below up ups down out off as and or but nor so yet if then than that this these
    those there here it its itself he him his himself she her hers herself they them their
    theirs themselves we us our ours you your yours i me my mine myself yourself is are was
    were be been being am isn't aren't wasn't weren't do does did doing done don't doesn't
    didn't have has had having haven't hasn't hadn't will won't would wouldn't shall should
    shouldn't can can't cannot could couldn't may might must who whom whose what which when
    where why how also just only even still very too much many more most some any each every
    all both few several such own same other another no not nor never please tell know like
    want get got give say said show explain describe list mention thing things something
    anything someone anyone let ok okay yes oh hi hello thanks thank pls lah lor leh meh
    anot since really actually well s t d ll m re ve because while through per via within
    without upon against among around ever often again called name named kind kinds type
    types sort sorts whether wonder wondering wondered towards toward until till besides beside
    behind beyond along across onto afterwards afterward beforehand definitely certainly maybe
    perhaps somebody someone nobody everybody exactly currently right according regarding
    concerning versus vs etc away back wat
    """.split()
)
NEGATIONS: Final = frozenset(
    """
    not no never none neither nor non without cannot nothing nobody unable lack lacks lacked
    except excluding
    """.split()
)
NUMBER_WORDS: Final = frozenset(
    """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
    fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy
    eighty ninety hundred thousand million billion trillion half dozen dozens hundreds
    thousands millions once twice first second third fourth fifth single couple both several
    """.split()
)
ORDINAL_WORDS: Final = frozenset("first second third one single both".split())
MONTHS: Final = (
    "January February March April May June July August September October November December".split()
)
WEEKDAYS: Final = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()

TYPE_WORDS: Final[Mapping[str, frozenset[str]]] = {
    "number": frozenset(
        "number percentage percent amount proportion fraction share "
        "pay pays give gives offer offers award awards provide provides".split()
    ),
    "time": frozenset(
        "year date day month century decade time era period found founded establish established "
        "start started begin began launch launched open opened set create created form "
        "formed".split()
    ),
    "person": frozenset("person people".split()),
    "place": frozenset("country city town place region location area".split()),
    "reason": frozenset("reason cause purpose".split()),
}

OPPOSITES: Final = """
    increase/decrease increase/reduce rise/fall more/less more/fewer most/least
    largest/smallest biggest/smallest highest/lowest high/low before/after first/last
    earliest/latest oldest/youngest north/south east/west northern/southern eastern/western
    win/lose won/lost victory/defeat success/failure successful/unsuccessful accept/reject
    allow/forbid allow/prohibit legal/illegal lawful/unlawful male/female man/woman
    men/women king/queen begin/end start/end started/ended open/closed import/export
    internal/external public/private majority/minority above/below inside/outside
    positive/negative support/oppose ally/enemy friend/enemy strong/weak faster/slower
    fast/slow good/bad best/worst always/never maximum/minimum buy/sell attack/defend
    include/exclude included/excluded enter/leave arrival/departure arrive/depart early/late
    rich/poor old/new ancient/modern upper/lower same/different major/minor
    possible/impossible direct/indirect join/leave create/destroy build/destroy gain/lose
    agree/disagree true/false married/divorced present/absent active/passive static/dynamic
    conservative/nonconservative connection/connectionless accept/refuse accept/deny
    refuse/agree common/rare common/uncommon frequent/rare good/poor good/evil beginning/end
    beginning/final initial/final early/final first/final loose/tight loosely/tightly
    loosely/densely dense/sparse wide/narrow thick/thin long/short tall/short near/far
    close/far hot/cold warm/cold wet/dry young/old
    older/younger older/newer largest/least larger/smaller bigger/smaller higher/lower
    greater/lesser greater/less longer/shorter deeper/shallower better/worse stronger/weaker
    richer/poorer easier/harder easy/difficult easy/hard simple/complex cheap/expensive
    free/paid full/empty full/partial whole/part complete/incomplete permanent/temporary
    domestic/foreign local/foreign local/international national/international urban/rural
    civilian/military natural/artificial real/fake formal/informal voluntary/compulsory
    mandatory/optional required/optional permitted/prohibited allowed/banned allow/ban
    permit/prohibit permit/ban approve/reject approved/rejected encourage/discourage
    promote/prevent cause/prevent help/hinder protect/attack defend/conquer
    defended/attacked retreat/advance surrender/capture occupy/liberate love/hate
    like/dislike trust/distrust friend/foe ally/rival allies/enemies winner/loser
    parent/child father/son father/mother mother/daughter brother/sister
    son/daughter husband/wife uncle/nephew aunt/niece uncle/aunt nephew/niece king/emperor
    boy/girl ancestor/descendant predecessor/successor preceded/followed precede/follow
    before/since export/import push/pull lift/lower
    raise/lower raise/reduce expand/contract expand/shrink grow/shrink grow/decline
    strengthen/weaken add/subtract added/subtracted addition/subtraction multiply/divide
    ascending/descending horizontal/vertical parallel/perpendicular top/bottom front/back
    front/rear inner/outer interior/exterior head/tail clockwise/counterclockwise
    summer/winter morning/evening sunrise/sunset dawn/dusk birth/death born/died alive/dead
    created/abolished establish/abolish founded/dissolved found/dissolve opened/closed
    hire/fire appointed/dismissed appoint/dismiss elected/appointed guilty/innocent
    convicted/acquitted optimistic/pessimistic advantage/disadvantage benefit/drawback
    strength/weakness profit/loss credit/debit asset/liability income/expense
    surplus/deficit supply/demand quantity/quality theory/practice hardware/software
    input/output upload/download online/offline manual/automatic
    analog/digital analogue/digital
    """.split()
