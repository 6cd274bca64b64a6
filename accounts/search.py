"""Finding people by what is typed: each word begins a name, the e-mail or the number.

«han» finds Hansen, «kari han» finds Kari Hansen and Anne Kari Berg Hansen. One index answers it
(ADR 0016), made of PostgreSQL's own text search, which needs no extension.
"""

from typing import Any, Final

from django.contrib.postgres.search import SearchVectorField
from django.db.models import BooleanField, Func, Index, Q, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Collate, Lower
from django.db.models.lookups import GreaterThanOrEqual, LessThan

# Alike for whoever types without the key: «andre» finds André. Æ, Ø and Å are letters of their own.
_FROM: Final = "ÀÁÂÃÈÉÊËÌÍÎÏÒÓÔÕÙÚÛÜÝÇČĐŊŠŦŽàáâãèéêëìíîïòóôõùúûüýÿçčđŋšŧžÆØÅÄÖ-"
_TO: Final = "aaaaeeeeiiiioooouuuuyccdnstzaaaaeeeeiiiioooouuuuyyccdnstzæøåäö "
_FOLD: Final = str.maketrans(_FROM, _TO)
_WORDS_AT_MOST = 8
_LONGEST_WORD = 100


# A function and no expression, for the sake of its cost: by that PostgreSQL's planner knows that to
# look at each row is slow, and takes the index also for a name that many have.
MAKE_FUNCTION: Final = f"""
    CREATE FUNCTION accounts_words(VARIADIC columns text[]) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000 AS $$
    BEGIN
        RETURN array_to_tsvector(array_remove(string_to_array(lower(translate(
            array_to_string(columns, ' ') COLLATE "default", '{_FROM}', '{_TO}')), ' '), ''));
    END $$
"""
DROP_FUNCTION: Final = "DROP FUNCTION accounts_words"


class Words(Func):
    """The words of some columns, folded, as what `people_found` searches."""

    function = "accounts_words"
    output_field = SearchVectorField()


class WordsIndex(Index):
    """A GIN index, without the whole app `django.contrib.postgres` for its sake."""

    def create_sql(self, model: Any, schema_editor: Any, using: str = "", **more: Any) -> Any:
        return super().create_sql(model, schema_editor, using=" USING gin", **more)


class _BeginsWords(Func):
    template = "(%(expressions)s::tsquery)"
    arg_joiner = " @@ "
    output_field = BooleanField()


def words_of_a_person() -> Words:
    """Give the words that find an employee; the index is of these."""
    return Words("first_name", "last_name", "email", "employee_number")


def people_found(typed: str) -> Q:
    """Give the condition under which an employee is found; everybody, where nothing is typed."""
    words = typed.translate(_FOLD).lower().split()[:_WORDS_AT_MOST]
    if not words:
        return Q()
    return Q(_BeginsWords(words_of_a_person(), Value(" & ".join(map(_beginning, words)))))


def _beginning(word: str) -> str:
    """Quote a word for a tsquery: whatever is typed is text, and no operator."""
    quoted = word[:_LONGEST_WORD].replace("\\", "\\\\").replace("'", "''")
    return f"'{quoted}':*"


def folded(column: str) -> Combinable:
    """Give a column as `starts_with` compares it; its index is of this."""
    return Collate(Lower(column), "C")


def starts_with(column: str, typed: str) -> Q:
    """Give the condition that a column begins so: a range, which any index can answer."""
    first = typed.strip().lower()
    last = first + chr(0x10FFFF)
    return Q(GreaterThanOrEqual(folded(column), first)) & Q(LessThan(folded(column), last))
