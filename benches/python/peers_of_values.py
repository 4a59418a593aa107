"""What people write with pydantic for the values that idvkit checks: the same rules, as far as the documents tell them."""

from __future__ import annotations

import re
from datetime import date, datetime
from ipaddress import ip_address
from typing import Annotated, List, Optional

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, TypeAdapter, field_validator, model_validator

URL: TypeAdapter[HttpUrl] = TypeAdapter(HttpUrl)
MAIL = re.compile(r"[^\s/?&=:@]@[\w-]+\.[a-z]{2,}", re.I)


class Url(BaseModel):
    """A callback URL of Jumio."""

    model_config = ConfigDict(frozen=True)
    url: str = Field(max_length=222)
    host: Optional[str] = None
    limit: int = 222
    reserved: List[str] = []

    @field_validator("url")
    @classmethod
    def allowed(cls, text: str) -> str:
        if not text.isascii():
            raise ValueError("must be ASCII")
        url = URL.validate_python(text)
        if url.scheme != "https" or url.username or url.password or url.fragment or url.query:
            raise ValueError("must be https without user, query and fragment")
        host = url.host or ""
        try:
            ip_address(host)
        except ValueError:
            pass
        else:
            raise ValueError("must be a host name")
        if "." not in host or f"{host}:" in text or MAIL.search(text):
            raise ValueError("must be a public host without a port, and hold no e-mail address")
        return text

    @model_validator(mode="after")
    def with_host(self) -> Url:
        object.__setattr__(self, "host", URL.validate_python(self.url).host)
        return self


Reference = Annotated[str, Field(pattern="^[A-Za-z0-9-]{1,36}$")]


class Image(BaseModel):
    href: str


class Transaction(BaseModel):
    """The answer of Jumio's retrieval."""

    model_config = ConfigDict(frozen=True)
    transactionReference: Reference
    enrollmentTransactionReference: Reference
    transactionResult: str = Field(max_length=64)
    transactionDate: Optional[datetime] = None
    images: List[Image] = []
    livenessImages: List[str] = []


def check_digit(digits: List[int]) -> Optional[int]:
    for weights in ((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)):
        digit = sum(digit * weight for digit, weight in zip(digits, weights)) % 11
        if digit < 10:
            return digit
    return None


class Iin(BaseModel):
    """A Kazakh personal number, with what its digits hint at."""

    model_config = ConfigDict(frozen=True)
    iin: str = Field(pattern="^[0-9]{12}$")
    birth_date: Optional[date] = None
    sex: Optional[str] = None

    @model_validator(mode="after")
    def fits(self) -> Iin:
        digits = [int(digit) for digit in self.iin]
        if check_digit(digits) != digits[11] or digits[4] in (4, 5, 6):
            raise ValueError("the check digit does not fit, or it is a company's")
        century = {1: 1800, 2: 1800, 3: 1900, 4: 1900, 5: 2000, 6: 2000}.get(digits[6])
        if century is not None:
            born = date(century + int(self.iin[:2]), int(self.iin[2:4]), int(self.iin[4:6]))
            object.__setattr__(self, "birth_date", born)
            object.__setattr__(self, "sex", "male" if digits[6] % 2 else "female")
        return self


class Prefilled(BaseModel):
    model_config = ConfigDict(extra="forbid")
    value: Optional[str] = None
    changeable: Optional[bool] = None


class Edocument(BaseModel):
    model_config = ConfigDict(extra="forbid")
    iin: Optional[Prefilled] = None
    phone: Optional[Prefilled] = None
    skip_input: Optional[bool] = None

    @field_validator("iin")
    @classmethod
    def is_iin(cls, field: Optional[Prefilled]) -> Optional[Prefilled]:
        if field and field.value:
            Iin(iin=field.value)
        return field

    @field_validator("phone")
    @classmethod
    def is_phone(cls, field: Optional[Prefilled]) -> Optional[Prefilled]:
        if field and field.value and not re.fullmatch(r"(\+?7|8)7\d{9}", re.sub(r"[ ()-]", "", field.value)):
            raise ValueError("must be a Kazakh mobile number")
        return field


class Plan(BaseModel):
    model_config = ConfigDict(frozen=True)
    input: str
    iin: str
    phone: str
    unmet: List[str]
    fit: bool


class Metadata(BaseModel):
    """Metadata of biometric.kz, and what the user will see."""

    model_config = ConfigDict(extra="forbid")
    edocument: Optional[Edocument] = None

    def plan(self, technologies: List[str]) -> Plan:
        given = self.edocument or Edocument()
        fields = {"iin": given.iin or Prefilled(), "phone": given.phone or Prefilled()}
        unmet = []
        if given.skip_input:
            for name, field in fields.items():
                unmet += [f"{name}_given"] if not field.value else []
                unmet += [f"{name}_fixed"] if field.changeable is not False else []
        shown = "skipped" if given.skip_input and not unmet else "shown"
        state = {
            name: "open" if not field.value else "prefilled" if field.changeable is not False else "locked"
            for name, field in fields.items()
        }
        return Plan(input=shown if "ED" in technologies else "absent", unmet=unmet, fit=not unmet, **state)
