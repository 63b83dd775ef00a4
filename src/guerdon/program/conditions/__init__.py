"""What conditions are written with: declared fields, what has a name of its own, and who may read what.

`vocabulary` says what a condition may name and makes one of a text, `remembered` reads what has a name of its
own, `circles` finds what feeds itself, and `later` keeps the places of what is not there yet.
"""
