"""`make crashes`: the portal's processes killed between any two steps of a mail, many times."""
