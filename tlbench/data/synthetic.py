"""Synthetic domains with planted truths: the correlation of people's tastes between domains is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.data.interactions import Interactions, Provenance
from tlbench.io.sums import sha256_of
from tlbench.registry import dataset
from tlbench.rng import stream

if TYPE_CHECKING:
    import polars as pl

    from tlbench.arrays import F32, F64, I32, I64

PARSER = "synthetic/1"
DEMO = "tlbench.data.synthetic"
# One family for all made domains: their ids tell items apart, and titles that chance made equal link nothing.
ITEM_IDS = "synthetic"
STARS = (1.0, 5.0)
START, YEARS = 1_577_836_800, 2.0  # 2020-01-01 UTC
GENRES = {
    "Crime": "murder detective shadow alibi heist verdict witness poison",
    "Fantasy": "dragon sorcerer kingdom amulet prophecy tower wyvern rune",
    "History": "empire siege crown treaty legion harbour revolution archive",
    "Romance": "heart wedding letter summer promise waltz garden kiss",
    "Science": "planet signal quantum android orbit colony reactor nebula",
    "Horror": "haunted crypt scream midnight curse asylum raven blood",
    "Travel": "island desert river train border market volcano compass",
    "Comedy": "neighbour prank clown holiday wig mayor goose pudding",
}
WORDS = tuple(tuple(words.split()) for words in GENRES.values())
LEAST, TAIL = 5, 3.0  # least interactions of a user, exponent of the activity's power law
SETTLED, NEW = 0.5, 0.95  # when the last newcomer comes: to an old shop, to one that people are still finding
COMMON = ("last", "first", "secret", "lost", "silent", "red", "golden", "great", "little", "hidden")


@dataclass(frozen=True)
class DomainPlan:
    """What one synthetic domain is like.

    Attributes
    ----------
    name
        Name of the data set.
    loading
        Correlation of a person's taste in this domain with the person's own taste, -1 to 1. The tastes of one person
        in two domains correlate by the product of the two loadings.
    n_items
        Number of items in the shop; those nobody touched do not appear.
    history
        Mean number of interactions of a user, more than 5: activity is 5 and a Pareto variable of exponent 3 (cut at
        half of the items, so the mean found is a little lower).
    sharpness
        How much taste decides against popularity, 0 is popularity alone.
    latest
        When the last newcomer comes, as a share of the two years: near 1, many users are new when a late moment cuts
        the domain; near 0.5, most have a long history by then.
    """

    name: str
    loading: float
    n_items: int = 500
    history: float = 25.0
    sharpness: float = 3.5
    latest: float = 0.7


def make_domains(
    *,
    rho: float,
    n_users: int = 1200,
    n_items: int = 500,
    overlap: float = 0.8,
    history: float = 25.0,
    sharpness: float = 3.5,
    names: tuple[str, str] = ("synthetic-source", "synthetic-target"),
    seed: int = 0,
) -> tuple[Interactions, Interactions]:
    """Make a source and a target whose shared users' tastes correlate by `rho`.

    Parameters
    ----------
    rho
        Correlation of a person's taste vectors in the two domains, 0 (nothing to transfer) to 1.
    n_users, n_items
        Number of users and items of each domain.
    overlap
        Share of the users of each domain who are in the other as well, 0 to 1.
    history
        Mean number of interactions of a user in each domain.
    sharpness
        How much taste decides against popularity.
    names
        Names of source and target.
    seed
        Everything is drawn from streams of this seed.

    Returns
    -------
    tuple of Interactions
        Source and target with ratings 1 to 5, timestamps, titles, categories and text; ids of one family.
    """
    shared = round(n_users * overlap)
    members = (np.arange(n_users), np.arange(n_users) + n_users - shared)
    plans = (
        DomainPlan(names[0], rho, n_items, history, sharpness, SETTLED),
        DomainPlan(names[1], 1.0, n_items, history, sharpness, NEW),
    )
    source, target = (make_domain(plan, who, seed=seed) for plan, who in zip(plans, members, strict=True))
    return source, target


def make_domain(plan: DomainPlan, members: I64, *, seed: int = 0, user_ids: str = "synthetic") -> Interactions:
    """Make one domain for some people; the same person (by number) has the same own taste in every domain.

    Parameters
    ----------
    plan
        What the domain is like.
    members
        int64 numbers of its people, shape (n_users,).
    seed
        Everything is drawn from streams of this seed and the domain's name; people from a stream of the seed alone.
    user_ids
        Family of the user ids.
    """
    taste = _tastes(plan, members, seed)
    nature = _natures(plan, seed)
    user, item, rating = _choices(plan, taste, nature, seed)
    timestamp = _moments(plan, user, len(members), stream(seed, "synthetic", plan.name, "time"))
    order = np.argsort(timestamp, kind="stable")
    columns = _Columns(user[order], item[order], rating[order], timestamp[order])
    return _interactions(plan, members, columns, _table(plan, nature, seed), user_ids=user_ids, seed=seed)


def _tastes(plan: DomainPlan, members: I64, seed: int) -> F64:
    """Taste of each member in this domain: loading x own taste + the rest of its own, unit variance, (n, genres)."""
    n_people = int(members.max()) + 1
    own = np.stack([_person(seed, block) for block in range(n_people // 1000 + 1)]).reshape(-1, len(WORDS))[members]
    rest = stream(seed, "synthetic", plan.name, "taste").standard_normal((n_people, len(WORDS)))[members]
    mixed: F64 = plan.loading * own + np.sqrt(1 - plan.loading**2) * rest
    return mixed


def _person(seed: int, block: int) -> F64:
    """Own tastes of a block of 1,000 people, so that more people do not change those who are there."""
    return stream(seed, "synthetic", "people", block).standard_normal((1000, len(WORDS)))


def _natures(plan: DomainPlan, seed: int) -> F64:
    """What each item is like, a share of each genre (sum 1), (n_items, genres): one or two genres stand out."""
    return stream(seed, "synthetic", plan.name, "items").dirichlet(np.full(len(WORDS), 0.15), size=plan.n_items)


def _choices(plan: DomainPlan, taste: F64, nature: F64, seed: int) -> tuple[I32, I32, F32]:
    """Draw each user's items without replacement, likely where taste and popularity say so, and the ratings."""
    rng = stream(seed, "synthetic", plan.name, "choices")
    popularity = -0.8 * np.log(rng.permutation(plan.n_items) + 5.0)
    activity = LEAST + (plan.history - LEAST) * (TAIL - 1) * rng.pareto(TAIL, len(taste))
    count = np.clip(np.rint(activity), LEAST, plan.n_items // 2).astype(np.int64)
    liking = taste @ (nature / np.linalg.norm(nature, axis=1, keepdims=True)).T
    # The highest n of log-weight + Gumbel noise are n draws without replacement by weight (Vieira 2014).
    noisy = plan.sharpness * liking / 2 + popularity + rng.gumbel(size=liking.shape)
    ranked = np.argsort(-noisy, axis=1)
    chosen = np.arange(plan.n_items) < count[:, None]
    user = np.repeat(np.arange(len(taste)), count).astype(np.int32)
    item = ranked[chosen].astype(np.int32)
    stars = 3.2 + 0.8 * liking[user, item] + rng.normal(0, 0.7, len(user))
    return user, item, np.clip(np.rint(stars), *STARS).astype(np.float32)


def _moments(plan: DomainPlan, user: I32, n_users: int, rng: np.random.Generator) -> I64:
    """Seconds UTC: each user is active for a stretch of the years, newcomers at any time."""
    span = YEARS * 365 * 86_400
    begin = rng.uniform(0, plan.latest, n_users) * span
    length = rng.uniform(0.3, 1.0, n_users) * (span - begin)
    moment: I64 = (START + begin[user] + rng.random(len(user)) * length[user]).astype(np.int64)
    return moment


@dataclass(frozen=True, eq=False)
class _Columns:
    """Aligned columns, shape (n,), in the order of time."""

    user: I32
    item: I32
    rating: F32
    timestamp: I64


def _interactions(
    plan: DomainPlan, members: I64, columns: _Columns, table: pl.DataFrame, *, user_ids: str, seed: int
) -> Interactions:
    import polars as pl

    parts = (columns.user, columns.item, columns.rating, columns.timestamp)
    whole = Interactions(
        name=plan.name,
        users=pl.Series("user", [f"p{k:06d}" for k in members]),
        items=pl.Series("item", [f"{plan.name}-{k:04d}" for k in range(plan.n_items)]),
        user=columns.user,
        item=columns.item,
        rating=columns.rating,
        timestamp=columns.timestamp,
        item_table=table,
        user_ids=user_ids,
        item_ids=ITEM_IDS,
        rating_scale=STARS,
        provenance=Provenance(
            origin=f"made by tlbench from seed {seed}",
            sha256=sha256_of(b"".join(part.tobytes() for part in parts)),
            parser=PARSER,
            terms="none: nobody's data",
            reference=DEMO,
        ),
    )
    return whole.keep(np.ones(len(columns.user), dtype=np.bool_), "as made")


def _table(plan: DomainPlan, nature: F64, seed: int) -> pl.DataFrame:
    """Titles, categories and text whose words follow the item's genres."""
    import polars as pl

    rng = stream(seed, "synthetic", plan.name, "text")
    titles, categories, texts = [], [], []
    genres = list(GENRES)
    for shares in nature:
        words = [WORDS[genre][rng.integers(len(WORDS[genre]))] for genre in rng.choice(len(genres), 14, p=shares)]
        common = rng.choice(COMMON, 6).tolist()
        titles.append(f"The {common[0].title()} {words[0].title()} ({rng.integers(1970, 2020)})")
        categories.append([genres[k] for k in np.argsort(-shares)[:2] if shares[k] > 0.2])
        texts.append(" ".join(rng.permutation(words + common)))
    return pl.DataFrame({"title": titles, "categories": categories, "text": texts})


# --- the demo's domains --------------------------------------------------------------------------------------------


PEOPLE = 1500
FIRST_OF_SOURCES = 100


@dataset("demo-books", reference=DEMO, user_ids="demo", summary="synthetic target of the demo: people's own taste")
def demo_books() -> Interactions:
    """Make the demo's target: 1,500 people with their own taste, many of them new to the shop."""
    plan = DomainPlan("demo-books", 1.0, n_items=500, history=14.0, latest=NEW)
    return make_domain(plan, np.arange(PEOPLE), user_ids="demo")


@dataset("demo-movies", reference=DEMO, user_ids="demo", summary="synthetic source: the tastes of demo-books")
def demo_movies() -> Interactions:
    """Make a source that helps: the people it shares with the target have nearly the same taste in both."""
    return _source("demo-movies", 0.95)


@dataset("demo-noise", reference=DEMO, user_ids="demo", summary="synthetic source: tastes of its own")
def demo_noise() -> Interactions:
    """Make a source that cannot help: the same people, tastes drawn anew."""
    return _source("demo-noise", 0.0)


def _source(name: str, loading: float) -> Interactions:
    plan = DomainPlan(name, loading, n_items=400, history=28.0, latest=SETTLED)
    return make_domain(plan, np.arange(FIRST_OF_SOURCES, FIRST_OF_SOURCES + PEOPLE), user_ids="demo")
