"""One deal, one stream: order, money, secret, parcel, meeting, return and case, composed.

``state`` the folded past · ``moves`` how a table of moves reads · one module a part · ``clocks``
the one clock that runs in each phase · ``deal`` decide and evolve · ``actions`` what a person can
do now.
"""
