"""Indexes of names, narrowed by a part of the name or by its first letter."""

from django import forms

LETTERS = "abcdefghijklmnopqrstuvwxyz"


class IndexForm(forms.Form):
    name = forms.CharField(max_length=200, required=False)
    letter = forms.ChoiceField(
        choices=[(letter, letter.upper()) for letter in LETTERS], required=False
    )
