"""A library with every kind of relation that loads lazily, and its rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKey, Table, func, select
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, DynamicMapped, Mapped, WriteOnlyMapped, mapped_column, object_session, relationship

AUTHORS, BOOKS_EACH, COUNTRIES, NODES, LINES = 12, 3, 6, 15, 8


class Base(AsyncAttrs, DeclarativeBase):
    pass


book_tags = Table(
    "book_tags",
    Base.metadata,
    Column("book_id", ForeignKey("books.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)


class Country(Base):
    __tablename__ = "countries"
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    country_code: Mapped[str] = mapped_column(ForeignKey("countries.code"))
    country: Mapped[Country] = relationship()
    books: Mapped[list[Book]] = relationship(back_populates="author", order_by="Book.id")
    notes: DynamicMapped[Note] = relationship()
    letters: WriteOnlyMapped[Letter] = relationship()

    @property
    def titles(self) -> list[str]:
        return [book.title for book in self.books]  # in a property

    @hybrid_property
    def book_count(self) -> int:
        session = object_session(self)
        return (session.scalar(select(func.count()).where(Book.author_id == self.id)) or 0) if session else 0  # in a hybrid


class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    pages: Mapped[int] = mapped_column(default=100)
    author: Mapped[Author] = relationship(back_populates="books")
    reviews: Mapped[list[Review]] = relationship(order_by="Review.id")
    tags: Mapped[list[Tag]] = relationship(secondary=book_tags)


class Review(Base):
    __tablename__ = "reviews"
    id: Mapped[int] = mapped_column(primary_key=True)
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"))
    stars: Mapped[int]


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    text: Mapped[str]


class Letter(Base):
    __tablename__ = "letters"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    text: Mapped[str]


class Node(Base):
    __tablename__ = "nodes"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("nodes.id"))
    name: Mapped[str]
    children: Mapped[list[Node]] = relationship()


class Employee(Base):
    __tablename__ = "employees"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "employee"}  # noqa: RUF012


class Manager(Employee):
    __tablename__ = "managers"
    id: Mapped[int] = mapped_column(ForeignKey("employees.id"), primary_key=True)
    budget: Mapped[int]
    __mapper_args__ = {"polymorphic_identity": "manager"}  # noqa: RUF012


class Line(Base):
    __tablename__ = "lines"
    order_id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int]


class Setting(Base):
    __tablename__ = "settings"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class Job(Base):
    __tablename__ = "jobs"
    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]


def rows() -> list[tuple[Any, list[dict[str, Any]]]]:
    """Every table with its rows, referred ones first."""
    books = range(1, AUTHORS * BOOKS_EACH + 1)
    authors = range(1, AUTHORS + 1)
    return [
        (Country, [{"code": f"c{number}", "name": f"Country {number}"} for number in range(COUNTRIES)]),
        (Author, [{"id": number, "name": f"Author {number}", "country_code": f"c{number % COUNTRIES}"} for number in authors]),
        (Book, [{"id": number, "title": f"Book {number}", "author_id": (number - 1) % AUTHORS + 1, "pages": 100} for number in books]),
        (Review, [{"id": number, "book_id": number, "stars": number % 5} for number in books]),
        (Tag, [{"id": number, "name": f"Tag {number}"} for number in range(1, 5)]),
        (book_tags, [{"book_id": number, "tag_id": number % 4 + 1} for number in books]),
        (Note, [{"id": number, "author_id": number, "text": "n"} for number in authors]),
        (Letter, [{"id": number, "author_id": number, "text": "l"} for number in authors]),
        (Node, [{"id": number, "parent_id": number // 2 or None, "name": f"Node {number}"} for number in range(1, NODES + 1)]),
        (Employee, [{"id": number, "name": f"Manager {number}", "kind": "manager"} for number in range(1, 9)]),
        (Manager.__table__, [{"id": number, "budget": number} for number in range(1, 9)]),
        (Line, [{"order_id": number % 2 + 1, "number": number, "amount": number} for number in range(1, LINES + 1)]),
        (Setting, [{"name": name, "value": "1"} for name in ("tax", "currency", "locale")]),
        (Job, [{"id": number, "state": "queued"} for number in range(1, 9)]),
    ]
