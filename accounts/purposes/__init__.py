"""What somebody in the administration needs to look at a person for: asked, held, and told (A-26).

`choices.py` has the list and its words, `standing.py` what holds in a session and for how long,
`asking.py` the one place that decides whether to ask, `views.py` and `forms.py` the page.
"""
