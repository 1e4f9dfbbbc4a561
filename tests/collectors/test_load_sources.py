"""What is requested comes from paths, lists or an OpenAPI document, and what cannot be requested is named."""

from __future__ import annotations

import json
from enum import Enum
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import Body, FastAPI, Query
from fastapi import Path as InPath
from pydantic import BaseModel, Field

from perfkit.collectors.load_openapi import requests_from_openapi
from perfkit.collectors.load_options import LoadOptions, RequestSpec, check
from perfkit.collectors.load_sources import requested, requests_from, requests_listed
from perfkit.errors import UsageError

TARGET = "http://127.0.0.1:8000"
SHOP = FastAPI()


class Kind(Enum):
    cat = "cat"
    dog = "dog"


class Order(BaseModel):
    item: int
    model_config = {"json_schema_extra": {"examples": [{"item": 7}]}}


@SHOP.get("/health")
def health() -> None: ...


@SHOP.get("/items/{number}")
def item(number: Annotated[int, InPath(examples=[17, 18])], verbose: bool = False) -> None: ...


@SHOP.get("/kinds/{kind}")
def kind(kind: Kind) -> None: ...


@SHOP.get("/users/{name}")
def user(name: str) -> None: ...


@SHOP.get("/search")
def search(q: Annotated[str, Query(examples=["red cat"])]) -> None: ...


@SHOP.post("/orders")
def order(order: Order) -> None: ...


def test_an_openapi_document_gives_the_requests_that_it_has_values_for(tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(SHOP.openapi()))
    specs, left_out = requests_from_openapi(str(file))
    assert {spec.name: spec.paths for spec in specs} == {
        "/health": ("/health",),
        "/items/{number}": ("/items/17", "/items/18"),
        "/kinds/{kind}": ("/kinds/cat", "/kinds/dog"),
        "/search": ("/search?q=red+cat",),
    }
    assert [item.operation for item in left_out] == ["GET /users/{name}", "POST /orders"]
    assert "no example" in left_out[0].because and "--include-writes" in left_out[1].because


def test_writes_are_made_only_when_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(SHOP.openapi()))
    specs, _ = requests_from_openapi(str(file), include_writes=True)
    assert [(spec.method, spec.body) for spec in specs if spec.method != "GET"] == [("POST", {"item": 7})]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("{}", "not an OpenAPI document"), ("a: [", "neither JSON nor YAML"), ('{"openapi": "3.1.0", "paths": {}}', "it has no operations")],
)
def test_a_document_that_gives_nothing_is_refused(text: str, complaint: str, tmp_path: Path) -> None:
    file = tmp_path / "openapi.yml"
    file.write_text(text)
    with pytest.raises(UsageError, match=complaint):
        requests_from_openapi(str(file))


def test_a_reference_that_leads_to_itself_is_left_out(tmp_path: Path) -> None:
    parameter = {"$ref": "#/components/parameters/me"}
    item = {"get": {"parameters": [parameter]}, "put": {}}
    file = tmp_path / "openapi.yml"
    file.write_text(json.dumps({"openapi": "3.1.0", "paths": {"/a": item, "/b": {"get": {}}}, "components": {"parameters": {"me": parameter}}}))
    specs, left_out = requests_from_openapi(str(file))
    assert [spec.name for spec in specs] == ["/b"] and "leads to itself" in left_out[0].because


@pytest.mark.parametrize(
    ("damaged", "because"),
    [
        ({"$ref": "cats.yml#/paths"}, "cats.yml#/paths lies outside the document"),
        (None, "it is not written as OpenAPI says"),
        ({"get": None}, "it is not written as OpenAPI says"),
        ({"get": {"parameters": 3}}, "it is not written as OpenAPI says"),
        ({"get": {"parameters": [{"in": "query"}]}}, "it is not written as OpenAPI says"),
        ({"get": {"parameters": [{"in": "query", "name": "q", "required": True, "schema": "text"}]}}, "it is not written as OpenAPI says"),
    ],
)
def test_a_path_that_cannot_be_read_is_left_out_and_the_others_are_not(damaged: object, because: str, tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps({"openapi": "3.1.0", "paths": {"/cats": damaged, "/dogs": {"get": {}}}}))
    specs, left_out = requests_from_openapi(str(file))
    assert [spec.name for spec in specs] == ["/dogs"]
    assert [(item.operation, item.because) for item in left_out] == [("GET /cats", because)]


def test_a_list_of_urls_stays_with_its_target(tmp_path: Path) -> None:
    file = tmp_path / "urls.txt"
    file.write_text(f"# the shop\n/cats\n\n{TARGET}/dogs?page=2\n/cats\n")
    assert [spec.paths for spec in requests_listed(file, TARGET)] == [("/cats",), ("/dogs?page=2",)]
    file.write_text("http://192.0.2.7/cats\n")
    with pytest.raises(UsageError, match=r"line 1: 'http://192.0.2.7/cats' is neither a path"):
        requests_listed(file, TARGET)


class Line(BaseModel):
    item: int = Field(examples=[7, 8])
    note: str = "none"


class Basket(BaseModel):
    lines: list[Line]
    first: Line
    gift: str | None = Field(default=None, examples=["bow"])
    count: int = 1


GIVEN = FastAPI()


@GIVEN.get("/by-name")
def by_name(q: Annotated[str, Query(openapi_examples={"one": {"value": "red"}, "two": {"value": "blue"}})]) -> None: ...


@GIVEN.get("/maybe")
def maybe(q: Annotated[str | None, Query(examples=["green"])]) -> None: ...


@GIVEN.get("/several")
def several(ids: Annotated[list[int], Query(examples=[[1, 2]])]) -> None: ...


@GIVEN.post("/named")
def named(order: Annotated[Order, Body(openapi_examples={"usual": {"value": {"item": 1}}})]) -> None: ...


@GIVEN.post("/beside")
def beside(order: Annotated[Order, Body(examples=[{"item": 3}])]) -> None: ...


@GIVEN.post("/fields")
def fields(basket: Basket) -> None: ...


@GIVEN.post("/optional")
def optional(order: Order | None = None) -> None: ...


@GIVEN.post("/nothing")
def nothing(name: Annotated[str, Body(embed=True)]) -> None: ...


def test_all_forms_of_examples_that_fastapi_writes_are_used(tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(GIVEN.openapi()))
    specs, [missing] = requests_from_openapi(str(file), include_writes=True)
    assert {spec.name: spec.paths for spec in specs if spec.method == "GET"} == {
        "/by-name": ("/by-name?q=red", "/by-name?q=blue"),
        "/maybe": ("/maybe?q=green",),
        "/several": ("/several?ids=1&ids=2",),
    }
    assert {spec.name: spec.body for spec in specs if spec.method == "POST"} == {
        "/named": {"item": 1},
        "/beside": {"item": 3},
        "/fields": {"lines": [{"item": 7}], "first": {"item": 7}, "gift": "bow"},
        "/optional": {"item": 7},
    }
    assert (missing.operation, missing.because) == ("POST /nothing", "its body has no JSON example, nor has every field that it needs")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[{"name": "a", "paths": ["/x"]', "not JSON: Expecting ',' delimiter: line 1"),
        ('{"name": "a", "paths": ["/"]}', "holds no list"),
        ('["/a"]', 'request 1 is "/a", no object'),
        ('[{"name": "a", "paths": ["/"]}, {"name": "b"}]', "request 2 has no 'paths'"),
        ('[{"name": "a", "path": "/"}]', "request 1 says 'path', which is not known"),
        ('[{"name": "a", "paths": "/abc"}]', "'paths' is \"/abc\", but must be a list of texts"),
        ('[{"name": "a", "paths": ["/"], "weight": "2"}]', "'weight' is \"2\", but must be a whole number above 0"),
        ('[{"name": "a", "paths": ["/"], "headers": ["x"]}]', "but must be an object of texts"),
    ],
)
def test_a_broken_list_of_requests_is_told_by_its_entry_and_what_is_right(text: str, complaint: str, tmp_path: Path) -> None:
    file = tmp_path / "requests.json"
    file.write_text(text)
    with pytest.raises(UsageError, match="Write a list such as") as raised:
        requests_from(file)
    assert complaint in str(raised.value) and str(raised.value).startswith(str(file))


def test_a_path_leads_to_no_other_machine_than_the_target() -> None:
    with pytest.raises(UsageError, match="asked of the target alone"):
        check(LoadOptions(TARGET, (RequestSpec("cats", ("/cats", "http://192.0.2.7/cats")),)))


def test_a_list_of_requests_may_say_everything(tmp_path: Path) -> None:
    file = tmp_path / "requests.json"
    file.write_text('[{"name": "order", "paths": ["/orders"], "method": "POST", "body": {"item": 7}, "weight": 3, "headers": {"X-Shop": "a"}}]')
    assert requests_from(file) == (RequestSpec("order", ("/orders",), "POST", {"item": 7}, 3, {"X-Shop": "a"}),)


def test_a_file_says_by_its_kind_what_is_requested(tmp_path: Path) -> None:
    listed, own = tmp_path / "visitors.json", tmp_path / "shoppers.py"
    listed.write_text(json.dumps([{"name": "cats", "paths": ["/cats"]}]))
    own.touch()
    assert requested(str(listed), ["/"]).requests == (RequestSpec("cats", ("/cats",)),)
    assert (requested(str(own), ["/"]).locustfile, requested(str(own), ["/"]).requests) == (own, None)
    assert [requested(name, ["/"]).name for name in (str(listed), str(own), "perfkit.demo.retrieval.visitors", "")] == [
        "visitors",
        "shoppers",
        "visitors",
        "load",
    ]
    with pytest.raises(UsageError, match=r"gone\.json"):
        requested(str(tmp_path / "gone.json"), [])
