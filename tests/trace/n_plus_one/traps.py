"""Requests that only look like loops over rows: none of them may be found."""

from __future__ import annotations

import time

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload, selectinload, subqueryload

from tests.trace.n_plus_one.models import Author, Book, Country, Job, Node, Note, Review, Setting
from tests.trace.n_plus_one.scenarios import scenario, use

BOTH = "sqlite postgresql"


@scenario(engine=BOTH)
def pages_by_offset(session: Session) -> None:
    for page in range(8):
        session.scalars(select(Book).order_by(Book.id).limit(4).offset(4 * page)).all()


@scenario(engine=BOTH)
def pages_of_one_owner(session: Session) -> None:
    for page in range(8):
        session.scalars(select(Book).where(Book.pages == 100).order_by(Book.id).limit(4).offset(4 * page)).all()


@scenario(engine=BOTH)
def pages_by_key(session: Session) -> None:
    last = 0
    while found := session.scalars(select(Book.id).where(Book.id > last, Book.pages == 100).order_by(Book.id).limit(5)).all():
        last = found[-1]


@scenario(engine=BOTH)
def large_batches(session: Session) -> None:
    for start in range(0, 480, 60):
        session.scalars(select(Book).where(Book.id.in_(range(start, start + 60)))).all()


@scenario(engine=BOTH)
def eager_by_selectin(session: Session) -> None:
    authors = session.scalars(select(Author).options(selectinload(Author.books).selectinload(Book.tags))).all()
    use(sum(len(book.tags) for author in authors for book in author.books))


@scenario()
def eager_by_join(session: Session) -> None:
    books = session.scalars(select(Book).options(joinedload(Book.author).joinedload(Author.country))).all()
    use(*(book.author.country.name for book in books))


@scenario()
def eager_by_subquery(session: Session) -> None:
    authors = session.scalars(select(Author).options(subqueryload(Author.books))).all()
    use(sum(len(author.books) for author in authors))


@scenario(engine=BOTH)
def many_added_at_once(session: Session) -> None:
    session.add_all([Review(id=number, book_id=1, stars=1) for number in range(100, 150)])
    session.flush()


@scenario(engine=BOTH)
def executemany(session: Session) -> None:
    for start in range(100, 160, 10):
        session.execute(insert(Review), [{"id": number, "book_id": 1, "stars": 1} for number in range(start, start + 10)])


@scenario(engine=BOTH)
def many_values_with_returning(session: Session) -> None:
    rows = [{"book_id": 1, "stars": number % 5} for number in range(2500)]
    session.scalars(insert(Review).returning(Review.id), [{"id": 1000 + number, **row} for number, row in enumerate(rows)]).all()


@scenario()
def inserts_of_a_hundred_rows(session: Session) -> None:
    for start in range(1000, 1600, 100):
        session.execute(insert(Note).values([{"id": number, "author_id": 1, "text": "n"} for number in range(start, start + 100)]))


@scenario(engine=BOTH)
def pings(session: Session) -> None:
    for _ in range(12):
        session.execute(text("select 1"))


@scenario(engine=BOTH)
def savepoints(session: Session) -> None:
    for key in range(1, 9):
        with session.begin_nested():
            session.execute(text("select 1"))
        if key == 4:
            session.execute(update(Job).values(state="seen"))


@scenario()
def scattered_over_call_sites(session: Session) -> None:
    _author(session, 1)
    _author(session, 2)
    _author(session, 3)
    _author(session, 4)
    _author(session, 5)
    _author(session, 6)


def _author(session: Session, key: int) -> Author | None:
    return session.get(Author, key)


@scenario()
def one_endpoint(session: Session) -> None:
    _author(session, 1)


@scenario()
def another_endpoint(session: Session) -> None:
    _author(session, 2)


@scenario(engine=BOTH, requests=8)
def once_in_each_request(session: Session) -> None:
    session.scalar(select(Author.name).where(Author.id == 3))


@scenario(engine=BOTH)
def retried_after_errors(session: Session) -> None:
    for attempt in range(6):
        session.scalar(select(Job.state).where(Job.id == 1))
        try:
            with session.begin_nested():
                session.execute(insert(Job).values(id=1 if attempt < 5 else 99, state="queued"))
        except IntegrityError:
            continue


@scenario(engine=BOTH)
def polls_a_queue(session: Session) -> None:
    claim = select(Job.id).where(Job.state == "queued").order_by(Job.id).limit(1).with_for_update(skip_locked=True).scalar_subquery()
    while session.execute(update(Job).where(Job.id == claim).values(state="done").returning(Job.id)).all():
        pass


@scenario(engine=BOTH)
def next_job_after_each_change(session: Session) -> None:
    for _ in range(3):
        job = session.scalars(select(Job).where(Job.state == "queued").order_by(Job.id).limit(1)).one()
        job.state = "done"
        session.flush()


@scenario()
def waits_for_a_job(session: Session) -> None:
    for _ in range(6):
        session.scalar(select(Job.state).where(Job.id == 1))
        time.sleep(0.012)


@scenario()
def hits_in_the_identity_map(session: Session) -> None:
    kept = session.scalars(select(Author)).all()
    for key in range(1, len(kept)):
        session.get(Author, key)


@scenario(engine=BOTH)
def commits_a_batch_at_a_time(session: Session) -> None:
    for start in range(1000, 7000, 1000):
        session.execute(insert(Note), [{"id": number, "author_id": 1, "text": "n"} for number in range(start, start + 1000)])
        session.commit()


@scenario(requests=10)
def health_checks(session: Session) -> None:
    session.execute(text("select 1"))
    session.execute(text("select count(*) from jobs")).all()


@scenario(engine="postgresql")
def advisory_locks(session: Session) -> None:
    for key in range(8):
        session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": key})


@scenario(engine="postgresql")
def numbers_of_a_sequence(session: Session) -> None:
    session.execute(text("create temp sequence tickets"))
    for _ in range(8):
        session.scalar(text("select nextval('tickets')"))


@scenario(engine=BOTH)
def temporary_tables(session: Session) -> None:
    for number in range(6):
        session.execute(text("drop table if exists picked"))
        session.execute(text("create temporary table picked as select id from books where pages > 10"))
        session.execute(text(f"select count(*) from picked where id > {number}")).all()


@scenario(engine=BOTH)
def searches_with_other_words(session: Session) -> None:
    for word in ("a", "b", "c", "d", "e", "f"):
        session.scalars(select(Book).where(Book.pages == 100, Book.title.ilike(f"%{word}%"))).all()


@scenario()
def ranges_of_days(session: Session) -> None:
    for start in range(0, 36, 6):
        session.scalar(select(func.count()).where(Review.book_id.between(start, start + 5), Review.stars >= 0))


@scenario(engine=BOTH)
def fetched_ahead_in_three_batches(session: Session) -> None:
    for start in range(0, 36, 12):
        session.scalars(select(Book).where(Book.id.in_(range(start, start + 12)))).all()


@scenario(engine=BOTH)
def upsert_by_executemany(session: Session) -> None:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(Setting)
    statement = statement.on_conflict_do_update(index_elements=["name"], set_={"value": statement.excluded.value})
    for start in range(6):
        session.execute(statement, [{"name": f"s{number}", "value": "2"} for number in range(start, start + 10)])


@scenario(engine=BOTH)
def streams_with_yield_per(session: Session) -> None:
    for book in session.scalars(select(Book).execution_options(yield_per=5)):
        use(book.title)


@scenario(engine="postgresql")
def server_side_cursor(session: Session) -> None:
    for row in session.connection().execution_options(stream_results=True, max_row_buffer=4).execute(select(Book.id)):
        use(row.id)


@scenario(engine=BOTH)
def tree_by_recursive_statement(session: Session) -> None:
    tree = select(Node.id).where(Node.id == 1).cte(recursive=True)
    tree = tree.union_all(select(Node.id).join(tree, Node.parent_id == tree.c.id))
    session.scalars(select(tree.c.id)).all()


@scenario()
def newest_of_each_by_window(session: Session) -> None:
    rank = func.row_number().over(partition_by=Book.author_id, order_by=Book.id.desc()).label("rank")
    ranked = select(Book.id, rank).subquery()
    session.execute(select(ranked.c.id).where(ranked.c.rank == 1)).all()


@scenario(engine=BOTH)
def three_plain_lookups(session: Session) -> None:
    for key in ("c0", "c1", "c2"):
        session.get(Country, key)
