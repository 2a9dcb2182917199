"""The stories of the news, one module each, and the stage that they are played on.

``server`` starts a private Fairhold · ``persons`` act in it over HTTP · ``stage`` gathers the steps
of one story, what came of them and what differs · ``checks`` asks at the end whether the record
holds and the money adds up · ``report`` prints.
"""
