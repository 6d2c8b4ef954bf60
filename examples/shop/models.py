"""What the shop remembers, in SQLite."""

from sqlalchemy import Engine, ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    """The tables."""


class Product(Base):
    """Something for sale; prices are cents."""

    __tablename__ = "products"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    price: Mapped[int]


class Order(Base):
    """Something sold; `receipt` is the payment service's number, None until it is paid."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey(Product.id))
    receipt: Mapped[str | None]
    product: Mapped[Product] = relationship()


def open_shop(url: str) -> Engine:
    """Return the shop's database, with shelves that are not empty."""
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        if session.get(Product, 1) is None:
            session.add_all([Product(id=1, name="Lantern", price=1900), Product(id=2, name="Foghorn", price=4900)])
            session.commit()
    return engine
