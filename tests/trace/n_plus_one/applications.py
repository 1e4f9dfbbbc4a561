"""Ways to ask that applications have: what an ORM sends along, keys in odd places, work between statements, long statements."""

from __future__ import annotations

import time

from sqlalchemy import and_, or_, select, text, tuple_, update
from sqlalchemy.orm import Session, defer, joinedload, lazyload, selectinload

from tests.trace.n_plus_one.models import Author, Book, Job, Review, Tag
from tests.trace.n_plus_one.scenarios import DUPLICATE, MN1, N1, WRITES, scenario, use

BOTH = "sqlite postgresql"
DOCUMENTS = text("select id from (select id, json_object('key', pages) as body from books) where body ->> 'key' = :key")
SHORT_NAMES = text("select b.title from books b join authors a on a.id = b.author_id where a.id = :key")
WIDE = ", ".join(f"id as a_rather_long_name_of_a_column_{number}" for number in range(120))


@scenario(N1, engine=BOTH)
def each_author_with_the_books(session: Session) -> None:
    for key in range(1, 9):
        session.scalars(select(Author).where(Author.id == key).options(selectinload(Author.books))).one()  # each author with the books


@scenario(N1, engine=BOTH, advice="selectinload")
def lazy_books_with_their_reviews(session: Session) -> None:
    authors = session.scalars(select(Author).options(lazyload(Author.books).selectinload(Book.reviews))).all()
    for author in authors:
        use(author.books)  # lazy books with their reviews


@scenario(N1, engine=BOTH, advice="undefer")
def deferred_names(session: Session) -> None:
    for author in session.scalars(select(Author).options(defer(Author.name))).all():
        use(author.name)  # deferred names


@scenario(N1, engine=BOTH)
def lazy_below_an_eager_join(session: Session) -> None:
    for book in session.scalars(select(Book).options(joinedload(Book.author))).all():
        use(book.author.country)  # lazy below an eager join


@scenario(N1, WRITES, engine=BOTH, mark="merged rows")
def merged_rows(session: Session) -> None:
    for key in range(1, 9):
        session.merge(Job(id=key, state="done"))  # merged rows
        session.flush()  # merged rows 2


@scenario(N1, engine=BOTH)
def looked_up_once_for_each_key(session: Session) -> None:
    known: dict[int, Tag | None] = {}
    for key in (1, 2, 1, 3, 2, 4, 5, 6, 1):
        if key not in known:
            known[key] = session.get(Tag, key)  # looked up once for each key


@scenario(N1, engine=BOTH)
def sorted_by_a_relation(session: Session) -> None:
    authors = session.scalars(select(Author)).all()
    authors = sorted(authors, key=lambda author: len(author.books))  # sorted by a relation


@scenario(N1)
def keys_in_a_document(session: Session) -> None:
    for key in range(8):
        session.execute(DOCUMENTS, {"key": key}).all()  # keys in a document


@scenario(N1, engine=BOTH)
def keys_that_may_be_null(session: Session) -> None:
    for key in range(1, 9):
        session.execute(text("select id from nodes where parent_id is not distinct from :key"), {"key": key}).all()  # keys that may be null


@scenario(N1, engine=BOTH, advice="book_id + 1 in (…)")
def keys_with_arithmetic(session: Session) -> None:
    for key in range(1, 9):
        session.execute(text("select id from reviews where book_id + 1 = :key"), {"key": key}).all()  # keys with arithmetic


@scenario(N1, engine=BOTH)
def columns_over_pages_of_text(session: Session) -> None:
    for key in range(1, 9):
        session.execute(text(f"select {WIDE}, 'it''s' as name from books where author_id = :key"), {"key": key})  # columns over pages of text


@scenario(N1, advice="look the results up by key")
def short_names_of_tables(session: Session) -> None:
    for key in range(1, 9):
        session.execute(SHORT_NAMES, {"key": key})  # short names of tables


@scenario(WRITES, engine=BOTH, advice="what is to happen on a conflict")
def upsert_of_each_row(session: Session) -> None:
    upsert = text("insert into settings (name, value) values (:name, '1') on conflict (name) do update set value = excluded.value")
    for number in range(8):
        session.execute(upsert, {"name": f"s{number}"})  # upsert of each row


@scenario(MN1, engine=BOTH)
def two_lookups_on_one_line(session: Session) -> None:
    for key in range(1, 9):
        use(session.get(Author, key), session.get(Review, key))  # two lookups on one line


@scenario(DUPLICATE, engine=BOTH)
def one_author_with_the_books_again(session: Session) -> None:
    for _ in range(8):
        session.scalars(select(Author).where(Author.id == 1).options(selectinload(Author.books))).one()  # one author with the books again


@scenario(engine=BOTH)
def pages_with_what_belongs_to_them(session: Session) -> None:
    for page in range(6):
        wanted = select(Author).order_by(Author.id).limit(2).offset(2 * page)
        use(session.scalars(wanted.options(selectinload(Author.books).selectinload(Book.reviews))).all())


@scenario(engine=BOTH)
def pages_by_key_with_what_belongs_to_them(session: Session) -> None:
    last = 0
    while found := session.scalars(select(Book).where(Book.id > last).order_by(Book.id).limit(6).options(selectinload(Book.tags))).all():
        last = found[-1].id


@scenario(engine=BOTH)
def pages_by_two_keys(session: Session) -> None:
    last = (0, 0)
    columns = (Book.pages, Book.id)
    while found := session.execute(select(*columns).where(tuple_(*columns) > last, Book.pages == 100).order_by(*columns).limit(6)).all():
        last = (found[-1].pages, found[-1].id)


@scenario(engine=BOTH)
def pages_by_two_keys_spelled_out(session: Session) -> None:
    pages = key = 0
    while found := session.execute(
        select(Book.pages, Book.id).where(or_(Book.pages > pages, and_(Book.pages == pages, Book.id > key))).order_by(Book.pages, Book.id).limit(6)
    ).all():
        pages, key = found[-1].pages, found[-1].id


@scenario()
def progress_now_and_then(session: Session) -> None:
    for number in range(7):
        time.sleep(0.012)
        session.execute(update(Job).where(Job.id == 1).values(state=f"{number} of 7"))


@scenario(engine=BOTH)
def pages_of_many_columns(session: Session) -> None:
    for last in range(0, 36, 6):
        session.execute(text(f"select {WIDE} from books where id > :last order by id limit 6"), {"last": last}).all()


@scenario(engine=BOTH)
def parts_of_a_key_range(session: Session) -> None:
    for begin in range(0, 36, 6):
        session.execute(text("select id from books where id >= :begin and id < :end"), {"begin": begin, "end": begin + 6}).all()


@scenario(engine=BOTH)
def few_different_keys(session: Session) -> None:
    known: dict[int, Tag | None] = {}
    for key in (1, 2, 1, 2, 1, 2):
        if key not in known:
            known[key] = session.get(Tag, key)


@scenario(engine=BOTH)
def expired_once_in_a_while(session: Session) -> None:
    for _ in range(4):
        session.get_one(Job, 1)
        session.expire_all()


@scenario(engine="postgresql")
def rows_by_arrays_of_keys(session: Session) -> None:
    for begin in range(0, 360, 60):
        session.execute(text("select id from books where id = any(:keys)"), {"keys": list(range(begin, begin + 60))}).all()


@scenario(engine="postgresql")
def rows_of_arrays(session: Session) -> None:
    for begin in range(1000, 2200, 200):
        values = {"keys": list(range(begin, begin + 200))}
        session.execute(text("insert into jobs (id, state) select unnest(cast(:keys as integer[])), 'new'"), values)


@scenario(engine="postgresql")
def settings_and_messages_of_the_server(session: Session) -> None:
    for number in range(8):
        session.execute(text("select set_config('app.tenant', :value, true)"), {"value": str(number)})
        session.execute(text("select pg_notify('jobs', :value)"), {"value": str(number)})
