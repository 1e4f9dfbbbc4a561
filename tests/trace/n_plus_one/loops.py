"""Requests that send one statement a row: each is found, at its line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jinja2 import Environment, FileSystemLoader
from sqlalchemy import delete, exists, func, insert, select, text, update
from sqlalchemy.orm import Session

from tests.trace.n_plus_one.models import Author, Book, Country, Employee, Job, Letter, Line, Manager, Node, Note, Review, Setting, book_tags
from tests.trace.n_plus_one.scenarios import CHUNKED, DUPLICATE, FOLDER, MN1, N1, WRITES, scenario, use

BOTH = "sqlite postgresql"


@scenario(N1, engine=BOTH, advice="selectinload")
def lazy_collection(session: Session) -> None:
    for author in session.scalars(select(Author)):
        use(len(author.books))  # lazy collection


@scenario(N1, engine=BOTH, advice="joinedload")
def lazy_to_one(session: Session) -> None:
    for book in session.scalars(select(Book)).all():
        use(book.author.name)  # lazy to one


@scenario(N1, advice="selectinload")
def lazy_many_to_many(session: Session) -> None:
    for book in session.scalars(select(Book)).all():
        use(len(book.tags))  # lazy many to many


@scenario(N1, engine=BOTH, advice="in_(keys)")
def get_loop(session: Session) -> None:
    for key in range(1, 9):
        session.get(Book, key)  # get loop


@scenario(N1, N1, engine=BOTH)
def nested(session: Session) -> None:
    for author in session.scalars(select(Author)).all():
        for book in author.books:  # nested
            use(len(book.reviews))  # nested 2


@scenario(MN1, engine=BOTH)
def two_relations_in_turn(session: Session) -> None:
    for book in session.scalars(select(Book)).all():
        use(len(book.reviews))  # two relations in turn
        use(len(book.tags))


@scenario(N1, advice="selectinload")
def recursion(session: Session) -> None:
    root = session.get(Node, 1)
    assert root is not None
    use(_depth(root))


def _depth(node: Node) -> int:
    return 1 + max((_depth(child) for child in node.children), default=0)  # recursion


@scenario(N1)
def recursion_from_two_lines(session: Session) -> None:
    _walk(session, 1)


def _walk(session: Session, key: int) -> None:
    keys = session.scalars(select(Node.id).where(Node.parent_id == key)).all()  # recursion from two lines
    if keys:
        _walk(session, keys[0])
        _walk(session, keys[-1])


@scenario(N1, engine=BOTH, advice="expire_on_commit=False")
def refresh_after_commit(session: Session) -> None:
    books = session.scalars(select(Book).limit(10)).all()
    for book in books:
        book.pages += 1
    session.commit()
    use([book.title for book in books])  # refresh after commit


@scenario(N1)
def in_a_helper(session: Session) -> None:
    for key in range(1, 9):
        use(_title(session, key))


def _title(session: Session, key: int) -> str:
    return session.scalars(select(Book.title).where(Book.id == key)).one()  # in a helper


@scenario(N1)
def in_a_comprehension(session: Session) -> None:
    authors = session.scalars(select(Author)).all()
    use({author.name: [book.title for book in author.books] for author in authors})  # in a comprehension


@scenario(N1)
def in_a_template(session: Session) -> None:
    templates = Environment(loader=FileSystemLoader(FOLDER / "templates"), autoescape=True)
    templates.get_template("authors.html").render(authors=session.scalars(select(Author)).all())


@scenario(N1)
def in_a_generator(session: Session) -> None:
    use(sum(_pages(session)))


def _pages(session: Session) -> Iterator[int]:
    for author in session.scalars(select(Author)).all():
        yield sum(book.pages for book in author.books)  # in a generator


@scenario(N1, mark="in a property")
def in_a_property(session: Session) -> None:
    use([author.titles for author in session.scalars(select(Author)).all()])


@scenario(N1, mark="in a hybrid", advice="Count for all rows at once")
def in_a_hybrid(session: Session) -> None:
    use([author.book_count for author in session.scalars(select(Author)).all()])


@scenario(N1, advice="selectin_polymorphic")
def polymorphic(session: Session) -> None:
    for employee in session.scalars(select(Employee)).all():
        assert isinstance(employee, Manager)
        use(employee.budget)  # polymorphic


@scenario(N1, engine=BOTH, advice="= any(array)")
def raw_text(session: Session) -> None:
    for key in range(1, 9):
        session.execute(text("select title from books where author_id = :author"), {"author": key}).all()  # raw text


@scenario(N1)
def raw_text_with_literals(session: Session) -> None:
    for key in range(1, 9):
        session.execute(text(f"select title from books where author_id = {key} and pages > 0")).all()  # raw text with literals


@scenario(N1)
def core_select(session: Session) -> None:
    connection = session.connection()
    for key in range(1, 9):
        connection.execute(select(book_tags.c.tag_id).where(book_tags.c.book_id == key)).all()  # core select


@scenario(N1, engine=BOTH)
def scalar_in_a_loop(session: Session) -> None:
    for key in range(1, 9):
        session.scalar(select(Author.name).where(Author.id == key))  # scalar in a loop


@scenario(N1, advice="Count for all rows at once")
def count_per_parent(session: Session) -> None:
    for author in session.scalars(select(Author)).all():
        session.scalar(select(func.count(Book.id)).where(Book.author_id == author.id))  # count per parent


@scenario(N1, advice="look each key up in the set")
def exists_per_row(session: Session) -> None:
    for author in session.scalars(select(Author)).all():
        session.scalar(select(exists().where(Book.author_id == author.id)))  # exists per row


@scenario(N1)
def dynamic_relationship(session: Session) -> None:
    for author in session.scalars(select(Author)).all():
        use(len(author.notes.all()))  # dynamic relationship


@scenario(N1)
def write_only_relationship(session: Session) -> None:
    for author in session.scalars(select(Author)).all():
        session.scalars(author.letters.select()).all()  # write only relationship


@scenario(N1)
def text_keys(session: Session) -> None:
    for number in range(6):
        session.get(Country, f"c{number}")  # text keys


@scenario(N1)
def composite_keys(session: Session) -> None:
    for number in range(1, 9):
        session.get(Line, (number % 2 + 1, number))  # composite keys


@scenario(N1)
def with_a_condition_besides(session: Session) -> None:
    for key in range(1, 9):
        session.scalars(select(Book).where(Book.author_id == key, Book.title.is_not(None))).all()  # with a condition besides


@scenario(N1)
def between_other_statements(session: Session) -> None:
    for key in range(1, 9):
        session.get(Author, key)  # between other statements
        if key % 2:
            session.execute(text("select 1"))


@scenario(N1, engine="postgresql")
def newest_of_each_parent(session: Session) -> None:
    for key in range(1, 9):
        session.scalars(select(Book).where(Book.author_id == key).order_by(Book.id.desc()).limit(1)).all()  # newest of each parent


@scenario(N1, engine=BOTH, needs_rows=True)
def three_parents(session: Session) -> None:
    for author in session.scalars(select(Author).where(Author.id <= 3)).all():
        use(len(author.books))  # three parents


@scenario(N1, engine=BOTH, needs_rows=True)
def two_parents(session: Session) -> None:
    for book in session.scalars(select(Book).where(Book.id <= 2)).all():
        use(book.author.name)  # two parents


@scenario(N1, engine=BOTH, needs_rows=True)
def first_page_of_each_parent(session: Session) -> None:
    for author in session.scalars(select(Author)).all():
        newest = author.notes.limit(2).offset(0)
        use(len(newest.all()))  # first page of each parent


@scenario(N1, engine=BOTH, needs_rows=True)
def search_in_each_parent(session: Session) -> None:
    for author in session.scalars(select(Author)).all():
        found = select(Book.id).where(Book.author_id == author.id, Book.title.like("Book%"))
        session.scalars(found).all()  # search in each parent


@scenario(WRITES, engine=BOTH, advice="executemany")
def insert_loop(session: Session) -> None:
    for number in range(100, 108):
        session.execute(insert(Review).values(id=number, book_id=1, stars=1))  # insert loop


@scenario(WRITES, advice="add_all")
def flush_of_each_row(session: Session) -> None:
    for number in range(100, 108):
        session.add(Review(id=number, book_id=1, stars=1))
        session.flush()  # flush of each row


@scenario(WRITES, engine=BOTH, advice="executemany")
def update_loop(session: Session) -> None:
    for key in range(1, 9):
        session.execute(update(Book).where(Book.id == key).values(pages=key))  # update loop


@scenario(WRITES, engine=BOTH, advice="delete(…)")
def delete_loop(session: Session) -> None:
    for key in range(1, 9):
        session.execute(delete(Review).where(Review.id == key))  # delete loop


@scenario(DUPLICATE, engine=BOTH)
def settings_looked_up_again(session: Session) -> None:
    for _ in range(8):
        session.scalar(select(Setting.value).where(Setting.name == "tax"))  # settings looked up again


@scenario(DUPLICATE, WRITES)
def settings_looked_up_between_writes(session: Session) -> None:
    for key in range(1, 9):
        tax = session.scalar(select(Setting.value).where(Setting.name == "tax"))  # settings looked up between writes
        session.execute(update(Job).where(Job.id == key).values(state=tax))  # settings looked up between writes 2


@scenario(DUPLICATE)
def whole_table_read_again(session: Session) -> None:
    for _ in range(6):
        session.execute(text("select name, value from settings")).all()  # whole table read again


@scenario(CHUNKED, engine=BOTH, advice="some hundred values")
def batches_of_ten(session: Session) -> None:
    for start in range(0, 60, 10):
        session.scalars(select(Book).where(Book.id.in_(range(start, start + 10)))).all()  # batches of ten


@scenario(CHUNKED)
def inserts_of_five_rows(session: Session) -> None:
    for start in range(100, 130, 5):
        rows = [{"id": number, "author_id": 1, "text": "n"} for number in range(start, start + 5)]
        session.execute(insert(Note).values(rows))  # inserts of five rows


@scenario(N1, requests=3)
def in_every_request(session: Session) -> None:
    for key in range(1, 9):
        session.scalars(select(Letter).where(Letter.author_id == key)).all()  # in every request


@scenario(N1, WRITES)
def read_and_written_back(session: Session) -> None:
    for key in range(1, 9):
        job: Any = session.get(Job, key)  # read and written back
        job.state = "done"
        session.flush()  # read and written back 2
