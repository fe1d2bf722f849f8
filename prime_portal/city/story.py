"""What happened in the demo city before today, told through the portal's own verbs.

Each step is taken at its moment in the past; the day the demo starts is the only thing that
differs from one run to the next.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from consent import (
    authorizations,
    contracting,
    disclosures,
    paper_forms,
    proposals,
    telling,
    third_parties,
)
from consent.authorizations import Terms
from consent.models import Authorization, Contract, StatedUse, ThirdParty
from notices import deliveries, edelivery
from notices.models import Delivery, Document, NoticeDraft
from notices.writing import drafts, publishing
from prime_portal import role_changes
from prime_portal.city import (
    acting,
    billing,
    figures,
    incidents,
    looks,
    parties,
    policy,
    questions,
    receiving,
    words,
)
from prime_portal.city.cast import BAKERY, BOUNCE, LUIS, NEW, NUEVO, OMAR, ROSA, VERA, Calendar
from prime_portal.compliance import facts_for_notice
from prime_portal.models import User
from prime_portal.roles import Role
from usage import claims, purposes
from usage.granularity import Granularity
from usage.intervals import ZONE
from usage.models import Category, Customer, Purpose, ServiceAgreement, Via

STAFF = (
    ("Alma Official", "alma@prime.example", Role.OFFICIAL, "the privacy official"),
    ("Bruno Deputy", "bruno@prime.example", Role.OFFICIAL, "her deputy, the second person"),
    ("Serena Service", "serena@prime.example", Role.SERVICE, "service representative"),
    ("Mauro Mail", "mauro@prime.example", Role.MAIL, "mail clerk"),
    ("Nadia Notices", "nadia@prime.example", Role.NOTICES, "notice editor"),
    ("Carlos Contracts", "carlos@prime.example", Role.CONTRACTS, "contract manager"),
    ("Aurora Audit", "aurora@prime.example", Role.AUDITOR, "auditor, reads only"),
    ("Óscar Operator", "oscar@prime.example", Role.OPERATOR, "operator, sees no customer"),
)
"""One for each role, and a second person for what takes two."""


@dataclass
class SignIn:
    """Somebody who can sign in to the demo."""

    who: str
    email: str
    password: str
    totp_secret: str = ""

    def as_json(self) -> dict[str, str]:
        facts = {"who": self.who, "email": self.email, "password": self.password}
        return facts | ({"totp_secret": self.totp_secret} if self.totp_secret else {})


class Story:
    """What happened in the demo city before today, told once, in order."""

    def __init__(self, when: Calendar) -> None:
        self.when = when
        self.sign_ins: list[SignIn] = []

    def tell(self) -> None:
        staff = [self.staff(*who) for who in STAFF]
        alma, bruno, serena, mauro, *_others = staff
        looks.trained(staff, self.when)
        self.third_parties(by=alma)
        office = parties.contracted(self.when, by=alma)
        looks.attested(self.when, by=alma)
        self.publish(alma, bruno)
        for days in (400, 80):  # before and after the second version of the Notice
            paper_forms.keep(at=self.when.ago(days))
        self.post(395, 320)
        self.customers()
        self.post(305, 20)
        self.this_week(by=alma)
        self.authorizations(clerk=serena)
        self.stop(by=alma, second=bruno)
        self.receiving(by=alma)
        parties.demanded(
            self.when,
            luis=self.customer(LUIS),
            bakery=self.customer(BAKERY),
            alma=alma,
            bruno=bruno,
        )
        parties.waiting(self.when, office, by=bruno)
        rosa = self.customer(ROSA)
        questions.corrected(rosa.agreements.get(), self.when)
        questions.taken_back(rosa.agreements.get(), self.when, by=alma)
        numbers = [f"80{number:08}" for number in (ROSA, LUIS, BAKERY, OMAR, VERA)]
        billed = ServiceAgreement.objects.filter(number__in=numbers).order_by("number")
        billing.told(billed.select_related("customer"), self.when)
        billing.taken_back(rosa.agreements.get(), self.when, by=alma)
        questions.raised(rosa, self.when, by=self.rosa, staff=alma)
        incidents.told(self.when, by=alma)
        figures.told(self.when, by=alma)
        looks.looked(rosa, self.customer(LUIS), self.when, clerk=serena, mail=mauro)

    # People who sign in

    def user(self, name: str, email: str, who: str, *, language: str = "en", **more: Any) -> User:
        password = "-".join(secrets.choice(PASSWORD_WORDS) for _ in range(4))
        user = User.objects.create_user(email, password, name=name, language=language, **more)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        self.sign_ins.append(SignIn(who, email, password))
        return user

    def staff(self, name: str, email: str, role: Role, who: str) -> User:
        user = self.user(name, email, f"Staff: {who}", is_staff=True)
        role_changes.give(user, [role], by=None, at=self.when.ago(420))
        secret = generate_totp_secret()
        TOTP.activate(user, secret)
        self.sign_ins[-1].totp_secret = secret
        return user

    def customer(self, number: int) -> Customer:
        return Customer.objects.get(account_number=f"70{number:08}")

    def holder(self, number: int, who: str, *, email: str) -> User:
        """Somebody who claimed her account with a code from a letter, a month after the start."""
        customer = self.customer(number)
        user = self.user(customer.name, email, who, language=customer.language)
        began = customer.enrollments.order_by("starts_on")[0].starts_on
        at = self.when.ago((self.when.today - began).days - 20)
        claim = claims.issue(customer, via=Via.PAPER, at=at - timedelta(days=4))
        claims.redeem(claim, by=user, at=at)
        return user

    def customers(self) -> None:
        self.rosa = self.holder(
            ROSA, "Rosa: Spanish, solar panels, shares with one", email="rosa@example.com"
        )
        self.luis = self.holder(
            LUIS, "Luis: two places, an hourly meter, canceled sharing", email="luis@example.com"
        )
        self.holder(BAKERY, "Example Bakery: a business", email="bakery@example.com")
        self.holder(OMAR, "Omar: moved out four months ago", email="omar@example.com")
        self.holder(VERA, "Vera: moved in where Omar left", email="vera@example.com")
        edelivery.agree(
            self.customer(ROSA),
            email="rosa@example.com",
            language="es",
            by=self.rosa,
            via=Via.PORTAL,
            at=self.when.ago(300),
        )

    # Third parties, purposes, contracts

    def third_parties(self, *, by: User) -> None:
        at = self.when.ago(420)
        sizing = purposes.record(
            key="solar-sizing",
            categories=["interval_usage", "generation_export", "service_location"],
            name_en="Work out a solar system for your home",
            name_es="Calcular un sistema solar para su hogar",
            text_en="To say how many panels would pay off for you, and what they would make.",
            text_es="Para decirle cuántos paneles le convienen y cuánto producirían.",
            at=at,
        )
        advice = purposes.record(
            key="savings-advice",
            categories=["interval_usage", "rate_schedule"],
            name_en="Advice on how to save electricity",
            name_es="Consejos para ahorrar electricidad",
            text_en="To find what uses most in your home and tell you how to use less.",
            text_es="Para encontrar lo que más consume en su hogar y decirle cómo consumir menos.",
            at=at,
        )
        solar = self.third_party(
            "solar-sample",
            "Solar Sample (fictitious)",
            "Plans solar systems for homes.",
            "Planea sistemas solares para hogares.",
            by=by,
            at=at,
        )
        self.solar_use = self.use(solar, sizing, ["interval_usage", "generation_export"], by=by)
        self.meter_madeup = self.third_party(
            "meter-madeup",
            "Meter Madeup (fictitious)",
            "Writes monthly tips for saving electricity.",
            "Escribe consejos mensuales para ahorrar electricidad.",
            by=by,
            at=at,
        )
        self.tips_use = self.use(self.meter_madeup, advice, ["interval_usage"], by=by)
        forecast = self.third_party(
            "forecast-placeholder",
            "Forecast Placeholder (fictitious)",
            "Forecasts how much electricity the city will need.",
            "Calcula cuánta electricidad necesitará la ciudad.",
            by=by,
            at=at,
        )
        # Its contract with PRIME lacks the clauses; what a customer chooses herself may still go.
        study = purposes.record(
            key="better-forecasts",
            categories=["interval_usage"],
            name_en="Better forecasts, with homes like yours",
            name_es="Mejores pronósticos, con hogares como el suyo",
            text_en="To see how homes like yours use electricity, and forecast it better.",
            text_es=(
                "Para ver cómo usan la electricidad hogares como el suyo y pronosticarla mejor."
            ),
            at=at,
        )
        self.use(forecast, study, ["interval_usage"], by=by)
        self.unsound = contracting.record(
            forecast,
            standing=Contract.Standing.PRIMARY_PURPOSE,
            purpose=Purpose.objects.get(key=purposes.BUY_POWER),
            says=contracting.Wording(
                reference="PRIME-2019-07 (before the protective clauses)",
                categories=["interval_usage"],
                starts_on=at.astimezone(ZONE).date(),
            ),
            by=by,
            at=at,
        )

    def third_party(
        self, key: str, name: str, does_en: str, does_es: str, *, by: User, at: datetime
    ) -> ThirdParty:
        return third_parties.register(
            key=key,
            legal_name=name,
            does_en=does_en,
            does_es=does_es,
            contact=f"privacy@{key}.example",
            by=by,
            at=at,
        )

    def use(
        self, party: ThirdParty, purpose: Purpose, categories: list[str], *, by: User
    ) -> StatedUse:
        return third_parties.state_use(
            party,
            purpose=purpose,
            categories=categories,
            history_months=13,
            by=by,
            at=self.when.ago(420),
        )

    # Notices

    def publish(self, writer: User, approver: User) -> None:
        keys = list(Category.objects.values_list("key", flat=True))
        at = self.when.ago(412)
        self.version(
            self.draft("Posted policy", policy.policy(), by=writer, at=at, of=Document.POLICY),
            by=approver,
            at=at,
            first=True,
        )
        for title, days, first in (("First version", 410, True), ("Clearer words", 100, False)):
            at = self.when.ago(days)
            draft = self.draft(title, words.notice(keys, first=first), by=writer, at=at)
            self.version(draft, by=approver, at=at, first=first)
        self.draft("Next year's wording", words.notice(keys), by=writer, at=self.when.ago(3))

    def version(self, draft: NoticeDraft, *, by: User, at: datetime, first: bool) -> None:
        publishing.publish(
            draft,
            facts=facts_for_notice(),
            effective_on=at.astimezone(ZONE).date() + timedelta(days=0 if first else 14),
            changes_en="" if first else words.CHANGED["en"],
            changes_es="" if first else words.CHANGED["es"],
            by=by,
            at=at,
        )

    def draft(
        self,
        title: str,
        content: dict[str, Any],
        *,
        by: User,
        at: datetime,
        of: Document = Document.NOTICE,
    ) -> NoticeDraft:
        return drafts.begin(of, title=title, content=content, by=by, at=at)

    def post(self, first: int, last: int) -> None:
        """Let whatever was owed between so and so many days ago have gone out in its time."""
        for days in range(first, last - 1, -15):
            at = self.when.ago(days)
            deliveries.plan(at=at)
            Delivery.objects.filter(sent_at=None, failed_at=None).update(
                sent_at=at + timedelta(hours=20)
            )

    def this_week(self, *, by: User) -> None:
        """What is owed today is left to the worker.

        Bianca asked at the counter for e-mail, to an address that turns out not to exist.
        """
        edelivery.agree(
            self.customer(BOUNCE),
            email="bounce-bianca@example.com",
            language="en",
            by=by,
            via=Via.COUNTER,
            at=self.when.ago(5),
        )
        deliveries.plan(at=self.when.now - timedelta(minutes=10))

    # Authorizations and what left by them

    def authorizations(self, *, clerk: User) -> None:
        rosa, luis = self.customer(ROSA), self.customer(LUIS)
        pablo = self.user(
            "Pablo Ejemplo", "pablo@example.com", "Pablo: sees Rosa's account", language="es"
        )
        acting.household(rosa, holder=self.rosa, member=pablo, when=self.when)
        acting.declined(rosa, self.tips_use, by=self.rosa, when=self.when)
        acting.by_telephone(self.customer(VERA), self.solar_use, clerk=clerk, when=self.when)
        self.active = active = self.grant(rosa, self.rosa, self.solar_use, days=80)
        canceled = self.grant(luis, self.luis, self.solar_use, days=60)
        expired = self.grant(luis, self.luis, self.tips_use, days=90, lasting=30)
        self.disclose(expired, days=70)
        self.disclose(active, days=40)
        self.disclose(canceled, days=35)
        authorizations.cancel(canceled, by=self.luis, via=Via.PORTAL, at=self.when.ago(30))
        self.disclose(canceled, days=20)
        self.refused_contract(days=10)
        acting.ended(self.when)
        confirming = (Delivery.Kind.RECEIPT, Delivery.Kind.ALERT)
        Delivery.objects.filter(kind__in=confirming, sent_at=None).update(sent_at=self.when.ago(2))

    def grant(
        self,
        customer: Customer,
        by: User,
        use: StatedUse,
        *,
        days: int,
        lasting: int | None = None,
    ) -> Authorization:
        """Read the terms back, then confirm them, as the page does."""
        at = self.when.ago(days)
        terms = Terms(
            use=use,
            agreements=tuple(ServiceAgreement.objects.of(customer)),
            categories=tuple(use.categories),
            history_from=self.when.first,
            granularity=Granularity(use.granularity),
            ends_on=at.astimezone(ZONE).date() + timedelta(days=lasting) if lasting else None,
        )
        shown = authorizations.read_back(customer, terms, language=customer.language, at=at)
        return authorizations.grant(
            customer,
            terms,
            shown_sha256=shown.sha256,
            request_key=uuid4(),
            language=customer.language,
            by=by,
            via=Via.PORTAL,
            at=at,
        )

    def disclose(self, authorization: Authorization, *, days: int) -> None:
        """Ask for the month before; what may not go is recorded as refused."""
        at = self.when.ago(days)
        last = at.astimezone(ZONE).date() - timedelta(days=1)
        proposal = proposals.gather(
            authorization, first_day=last - timedelta(days=30), last_day=last
        )
        self._disclose(proposal, at=at)

    def refused_contract(self, *, days: int) -> None:
        at = self.when.ago(days)
        last = at.astimezone(ZONE).date() - timedelta(days=1)
        proposal = proposals.gather_for_contract(
            self.unsound,
            [self.customer(BAKERY)],
            first_day=last - timedelta(days=30),
            last_day=last,
        )
        self._disclose(proposal, at=at)

    def _disclose(self, proposal: proposals.Proposal, *, at: datetime) -> None:
        with suppress(disclosures.Refused):
            disclosures.disclose(proposal, by=None, at=lambda: at)

    def stop(self, *, by: User, second: User) -> None:
        """One finds, another stops, on legal advice: customers chose it. Who it touches is told."""
        at = self.when.ago(25)
        found = third_parties.find(
            self.meter_madeup,
            evidence="It passed readings on to others, again and again (made up for the demo).",
            sign_off="Counsel's memo 26-14 (made up for the demo).",
            by=by,
            at=self.when.ago(26),
        )
        third_parties.stop(self.meter_madeup, finding=found, by=second, at=at)
        telling.plan(at=at)
        Delivery.objects.filter(kind=Delivery.Kind.ALERT, sent_at=None).update(
            sent_at=self.when.ago(24)
        )

    def receiving(self, *, by: User) -> None:
        """What waits for third parties, and what they were told."""
        receiving.told(self.when)
        receiving.waiting(self.active, by=by, when=self.when)
        keeper = self.third_party(
            "records-madeup",
            "Records Madeup (fictitious)",
            "Keeps PRIME's meter readings under contract.",
            "Guarda las lecturas de medidores de PRIME bajo contrato.",
            by=by,
            at=self.when.ago(420),
        )
        about = [self.customer(number) for number in (ROSA, LUIS, BAKERY)]
        receiving.proposed(keeper, about, by=by, when=self.when)
        self.recipients = [
            receiving.credential(party, by=by, when=self.when)
            for party in (self.active.third_party, keeper)
        ]

    def claims(self) -> list[dict[str, str]]:
        """Codes from letters that are on their way: somebody new, in each language."""
        found = []
        for number, who in (
            (NEW, "Nora, new this week"),
            (NUEVO, "Nicolás, nuevo esta semana"),
        ):
            customer = self.customer(number)
            claim = customer.claims.order_by("-issued_at")[0]
            found.append(
                {
                    "who": who,
                    "account_number": customer.account_number,
                    "zip": customer.mailing_zip,
                    "code": claims.readable(claims.code_of(claim.pk)),
                }
            )
        return found


PASSWORD_WORDS = (
    *("amber", "basil", "cedar", "delta", "ember", "fable", "grove", "haven", "ivory", "jolly"),
    *("kayak", "lemon", "maple", "noble", "ocean", "pearl", "quilt", "river", "solar", "tulip"),
    *("umber", "velvet", "willow", "yonder", "zephyr", "anchor", "bridge", "candle", "dapper"),
    *("eagle", "forest", "garnet", "harbor", "island", "jasper", "kettle", "lantern", "meadow"),
)
