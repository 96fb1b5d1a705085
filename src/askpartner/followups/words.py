"""Word lists and weights of names and salience.

The weights are logistic-regression coefficients over the signs of `followups`, fitted on
conversations.  First stage, "topic": is the name what the page talked about is called.  Second
stage, one row a kind of reference: is the name part of the stand-alone question.
"""

from __future__ import annotations

STOP = frozenset(
    "i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his "
    "himself she her hers herself it its itself they them their theirs themselves what which who "
    "whom whose this that these those am is are was were be been being have has had having do does "
    "did doing done will would shall should can could may might must ought a an the and but if or "
    "because as until while of at by for with about against between into through during before "
    "after above below to from up down in out on off over under again further then once here there "
    "when where why how all any both each few more most other some such no nor not only own same "
    "so than too very s t d ll m re ve don didn doesn isn wasn weren aren hasn hadn haven couldn "
    "wouldn won".split()
)
# Words that begin a sentence or a question with a capital and name nothing.
OPENERS = STOP | frozenset(
    "january february march april may june july august september october november december monday "
    "tuesday wednesday thursday friday saturday sunday however although also since despite due "
    "according several many much later early upon within along following even though yes yeah ok "
    "okay no know sorry thanks thank based like currently originally initially eventually finally "
    "overall additionally moreover furthermore including one two three four five six seven eight "
    "nine ten another every either neither next first second third last besides aside among amid "
    "without via per unlike please tell new anything something nothing everything anyone someone "
    "everyone nobody anybody somebody everybody none else still "
    "i'm i've i'd it's don't didn't that's there's he's she's they're what's who's around "
    "interesting give explain describe list compare show name let thus hence therefore meanwhile "
    "furthermore nevertheless nonetheless instead similarly likewise consequently typically "
    "usually often sometimes today perhaps rather whether".split()
)
MALE, FEMALE = frozenset("he him his himself".split()), frozenset("she her hers herself".split())
MANY = frozenset("they them their theirs themselves".split())
THING, POINTER = frozenset("it its itself".split()), frozenset("this that these those".split())
PRONOUNS = MALE | FEMALE | MANY | THING | POINTER
POSSESSIVE = frozenset("his her their its".split())
AUXILIARIES = frozenset("is are was were do does did has have had can could will would".split())
NOT_NAMES = frozenset(
    "else other many much long old new big good best first last year years time times day name "
    "kind type part one people thing things happened happen happens start started begin get got go "
    "make made take took come came interesting important significant notable aspects article facts "
    "fact information anything something know tell say said main major popular famous successful "
    "release released born die died live lived win won play played".split()
)
INSIDE = frozenset("of the de van von der la du del da di le".split())
PLACE_WORDS = frozenset("in at on near from to into".split())
ACTS = frozenset(
    "was is had has also then would did said began became won made wrote took were went left "
    "signed could who held felt saw told found led sang ran died got gave met came".split()
)

WEIGHTS: dict[str, dict[str, float]] = {
    "topic": {
        "acronym": -1.55,
        "actor": 2.27,
        "acts": 1.03,
        "age": -0.49,
        "bias": -2.93,
        "first_named": 1.11,
        "first_turn": 1.1,
        "frequent": 2.32,
        "guessed": -0.91,
        "later_in_reply": -0.8,
        "lead": 0.44,
        "one_word": 0.97,
        "opens": 0.32,
        "own_lead": 0.57,
        "own_words": -0.4,
        "partly_said": 0.7,
        "placed": -1.03,
        "rivals": -0.94,
        "share": -0.35,
        "the": -0.91,
        "top": 0.15,
        "top_same": 0.25,
        "turns": -0.64,
        "twice": -0.36,
        "two_words": 0.4,
        "user_again": -1.11,
    },
    "person": {
        "actor": 0.78,
        "acts": 0.65,
        "age": -0.29,
        "bias": -1.37,
        "first_turn": 0.96,
        "frequent": 1.15,
        "guessed": -0.79,
        "last_reply": 0.41,
        "last_user": 0.51,
        "later_in_reply": -0.44,
        "more_last": 1.37,
        "more_lead": 0.63,
        "one_word": 0.38,
        "placed": -0.58,
        "plural": -0.29,
        "points_last": 1.17,
        "rivals": -0.81,
        "same": -0.6,
        "the": -0.51,
        "top_same": 0.38,
        "topic": 1.61,
        "topic_best": 0.71,
        "topic_lag": -0.82,
        "turns": -0.79,
        "two_words": 0.35,
        "user": 0.32,
    },
    "many": {
        "acts": 0.39,
        "age": -0.7,
        "bias": -0.99,
        "first_named": 0.34,
        "first_turn": 0.25,
        "guessed": -0.58,
        "last_reply": 0.21,
        "last_user": 0.28,
        "later_in_reply": -0.24,
        "lead": 0.2,
        "lead_same": 0.82,
        "more_last": 0.4,
        "one_word": -0.12,
        "opens": 0.39,
        "other_said": 0.23,
        "own_words": -0.53,
        "placed": -0.59,
        "plural": 0.61,
        "rivals": -0.7,
        "same": -0.56,
        "top": 0.34,
        "topic_best": 0.37,
        "topic_lag": -0.13,
        "twice": 0.43,
        "user": 0.4,
        "user_again": -0.47,
    },
    "thing": {
        "age": -0.62,
        "bias": -1.18,
        "first_named": 0.16,
        "first_turn": 0.56,
        "frequent": 1.13,
        "guessed": -0.48,
        "last_reply": 0.71,
        "last_user": 0.47,
        "later_in_reply": -0.46,
        "more_last": -0.27,
        "more_lead": 0.5,
        "opens": 0.23,
        "own_lead": 0.57,
        "plural": -0.13,
        "points_last": 0.36,
        "points_lead": -0.44,
        "quoted": 0.75,
        "rivals": -0.77,
        "thrice": -0.68,
        "top": 0.15,
        "topic": 0.81,
        "topic_best": 0.26,
        "topic_lag": -0.3,
        "turns": -0.19,
        "twice": 0.15,
        "user": 0.45,
    },
    "none": {
        "acts": 0.57,
        "age": -0.66,
        "bias": -0.89,
        "first_named": 0.51,
        "first_turn": 0.53,
        "forms": -0.38,
        "frequent": 1.5,
        "guessed": -0.88,
        "last_reply": 0.39,
        "later_in_reply": -0.41,
        "lead_same": 0.2,
        "more_last": 1.05,
        "noun_beside": 1.06,
        "one_word": -0.17,
        "other_said": -0.39,
        "own_words": -0.97,
        "quoted": 0.51,
        "rivals": -0.6,
        "the": 0.3,
        "top": 0.12,
        "topic": 0.45,
        "topic_best": 0.24,
        "topic_lag": -0.4,
        "turns": -0.64,
        "user": 0.44,
        "user_again": -0.39,
    },
}
