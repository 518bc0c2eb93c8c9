"""The verbs about words and places, run in this process with what a person would type."""

import io
import json

import pytest

from main import run_verb


@pytest.fixture
def typed(capsys, monkeypatch):
    def run(*arguments: str, stdin: str = ""):
        given = io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8")
        monkeypatch.setattr("sys.stdin", given)
        code = run_verb(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_a_place_is_found_in_another_language_and_form(typed):
    code, out, _ = typed("places", "find", "Суджі", "--json")
    assert code == 0
    assert json.loads(out)[0]["name"] == "Sudzha"


def test_a_text_is_tagged_with_offsets_in_code_points(typed):
    line = json.dumps({"id": 1, "text": "🔥 Бої біля Суджі"})
    code, out, _ = typed("places", "tag", stdin=line)
    (mention,) = json.loads(out)["mentions"]
    assert code == 0
    assert (mention["start"], mention["end"], mention["surface"]) == (11, 16, "Суджі")


def test_queries_of_words_and_places_match_lines(typed, tmp_path):
    queries = tmp_path / "queries.jsonl"
    asked = [{"id": "w", "query": "ракета"}, {"id": "p", "query": "place:Суджа"}]
    queries.write_text("\n".join(map(json.dumps, asked)), encoding="utf-8")
    posts = [{"id": 1, "text": "Ракети летять"}, {"id": 2, "text": "Бої біля Суджі"}]
    lines = "\n".join(map(json.dumps, posts))
    code, out, _ = typed("watch", "match", "--queries", str(queries), stdin=lines)
    assert code == 0
    hits = [json.loads(line) for line in out.splitlines()]
    assert [(hit["post"], hit["query"]) for hit in hits] == [(1, "w"), (2, "p")]
    assert hits[0]["spans"] == [[0, 6]]


def test_bad_lines_are_named_on_stderr_and_the_rest_is_matched(typed, tmp_path):
    queries = tmp_path / "queries.jsonl"
    queries.write_text('{"id": 1, "query": "ракета"}\n{"id": 2, "query": "(("}\n', encoding="utf-8")
    posts = 'nonsense\n{"id": 7, "text": "ракети"}\n'
    code, out, err = typed("watch", "match", "--queries", str(queries), stdin=posts)
    assert code == 2
    assert json.loads(out) == {"post": 7, "query": 1, "spans": [[0, 6]]}
    assert "queries, line 2" in err
    assert "posts, line 1" in err
    assert len(err.strip().splitlines()) == 2


def test_the_forms_of_a_word_are_shown_with_those_to_be_wary_of(typed):
    code, out, _ = typed("watch", "forms", "сталь")
    assert code == 0
    assert "стали" in out
    assert "careful: стали" in out


def test_a_query_is_explained(typed):
    code, out, _ = typed("watch", "explain", "ракета -навчання", "--json")
    assert code == 0
    assert json.loads(out)["normal"] == "ракета -навчання"


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (("places", "find", "Ыыыыыы"), "", "no place called"),
        (("places", "tag"), "not json", "line 1"),
        (("places", "find", "Київ", "--gazetteer", "/no/such/file"), "", "/no/such/file"),
        (("places", "build", "-o", "x", "--extra", "/no/such/file"), "", "there is no file"),
        (("places", "coverage", "/no/such/file"), "", "cannot read"),
        (("watch", "match", "--queries", "/no/such/file"), "", "cannot read"),
        (("watch", "explain", "(ракета"), "", ""),
    ],
)
def test_bad_input_is_one_clear_line_and_code_2(typed, arguments, stdin, words):
    code, _, err = typed(*arguments, stdin=stdin)
    assert code == 2
    assert words in err
    assert len(err.strip().splitlines()) == 1
