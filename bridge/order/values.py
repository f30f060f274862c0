"""The values that the items of an order are made of: identifiers, codes, periods, names, addresses, means of contact.

Source: HL7 V3 datatypes (II, CD, TS, PN, AD, TEL).
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Address", "Code", "EffectiveTime", "Identifier", "PatientName", "Period", "PersonName", "Telecom", "Translation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """An instance identifier. FHIR: Identifier. CDA: II."""

    root: str
    """OID, or upper-case UUID. FHIR: system (``urn:oid:``). CDA: @root."""
    extension: str | None = None
    """The value within the root. FHIR: value. CDA: @extension."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """The same concept in another code system, as the sender coded it. FHIR: Coding. CDA: CD/translation."""

    code: str
    """FHIR: code. CDA: @code."""
    system: str
    """OID. FHIR: system. CDA: @codeSystem."""
    display: str | None = None
    """The sender's label. FHIR: display. CDA: @displayName."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A concept of a value set. FHIR: CodeableConcept. CDA: CD or CE."""

    code: str
    """FHIR: coding.code. CDA: @code."""
    system: str
    """OID. FHIR: coding.system. CDA: @codeSystem."""
    display: str | None = None
    """The label of the value set, not the sender's. FHIR: coding.display. CDA: @displayName."""
    text: str | None = None
    """The sender's own wording where it differs from the label. FHIR: text. CDA: originalText."""
    translations: tuple[Translation, ...] = ()
    """FHIR: further codings. CDA: translation. Written for the modality and the sites only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A time interval, of which either end may be unknown. FHIR: Period. CDA: IVL_TS."""

    start: str | None = None
    """FHIR: start. CDA: low/@value."""
    end: str | None = None
    """FHIR: end. CDA: high/@value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveTime:
    """When an observation was made: a moment, or a period. FHIR: Observation.effective[x]. CDA: effectiveTime."""

    at: str | None = None
    """The moment; without *start* and *end*. FHIR: effectiveDateTime. CDA: @value."""
    start: str | None = None
    """FHIR: effectivePeriod.start. CDA: low/@value."""
    end: str | None = None
    """FHIR: effectivePeriod.end. CDA: high/@value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonName:
    """The name of a professional or a relative. FHIR: HumanName. CDA: PN (Structuration minimale)."""

    family: str
    """What the person is called: *used_family*, else a family name without a qualifier, else *birth_family*."""
    given: str | None = None
    """All forenames, separated by spaces. FHIR: given. CDA: given."""
    prefix: str | None = None
    """Civilité, ``M`` or ``MME`` (JDV_J245). FHIR: prefix. CDA: prefix."""
    suffix: str | None = None
    """Titre, ``DR``, ``PR``… (JDV_J246); never for a relative. FHIR: suffix. CDA: suffix."""
    birth_family: str | None = None
    """Nom de naissance. FHIR: family, extension iso21090-EN-qualifier BR. CDA: family[@qualifier='BR']."""
    birth_given: str | None = None
    """First birth forename. FHIR: given, extension iso21090-EN-qualifier BR. CDA: given[@qualifier='BR']."""
    used_family: str | None = None
    """Nom utilisé. FHIR: family, extension iso21090-EN-qualifier CL. CDA: family[@qualifier='CL']."""
    used_given: str | None = None
    """Prénom utilisé. FHIR: given, extension iso21090-EN-qualifier CL. CDA: given[@qualifier='CL']."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientName:
    """The identity of the patient by the referential of the INS. FHIR: Patient.name. CDA: patient/name."""

    birth_family: str
    """Nom de naissance. FHIR: name[official].family. CDA: family[@qualifier='BR']."""
    birth_givens: str | None = None
    """All birth forenames. FHIR: name[official], extension birth-list-given-name. CDA: given without qualifier."""
    birth_given: str | None = None
    """First birth forename. FHIR: name[official].given[0]. CDA: given[@qualifier='BR']."""
    used_family: str | None = None
    """Nom utilisé. FHIR: name[usual].family. CDA: family[@qualifier='CL']."""
    used_given: str | None = None
    """Prénom utilisé. FHIR: name[usual].given. CDA: given[@qualifier='CL']."""
    prefix: str | None = None
    """Civilité (JDV_J245). FHIR: name.prefix. CDA: prefix."""
    suffix: str | None = None
    """Titre (JDV_J246). FHIR: name.suffix. CDA: suffix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address, either free *lines* or named parts, never both. FHIR: Address. CDA: AD."""

    use: str | None = None
    """``H``, ``HP``, ``HV``, ``WP`` or ``TMP``. FHIR: use. CDA: @use."""
    lines: tuple[str, ...] = ()
    """One to seven lines. FHIR: line. CDA: streetAddressLine."""
    house_number: str | None = None
    """FHIR: line, extension iso21090-ADXP-houseNumber. CDA: houseNumber."""
    street_name: str | None = None
    """FHIR: line, extension iso21090-ADXP-streetName. CDA: streetName."""
    street_name_type: str | None = None
    """FHIR: line, extension iso21090-ADXP-streetNameType. CDA: streetNameType."""
    additional_locator: str | None = None
    """FHIR: line, extension iso21090-ADXP-additionalLocator. CDA: additionalLocator."""
    unit_id: str | None = None
    """FHIR: line, extension iso21090-ADXP-unitID. CDA: unitID."""
    post_box: str | None = None
    """FHIR: line, extension iso21090-ADXP-postBox. CDA: postBox."""
    precinct: str | None = None
    """FHIR: line, extension iso21090-ADXP-precinct. CDA: precinct."""
    postal_code: str | None = None
    """FHIR: postalCode. CDA: postalCode."""
    city: str | None = None
    """FHIR: city. CDA: city."""
    county: str | None = None
    """FHIR: district. CDA: county. For a place of birth, the INSEE code (COG)."""
    state: str | None = None
    """FHIR: state. CDA: state."""
    country: str | None = None
    """FHIR: country. CDA: country."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telecom:
    """A means of contact. FHIR: ContactPoint. CDA: TEL."""

    value: str
    """A URI: ``tel:``, ``fax:``, ``mailto:``, ``http:``, ``ftp:`` or ``mllp:``. FHIR: system, value. CDA: @value."""
    use: str | None = None
    """``H``, ``HP``, ``HV``, ``WP``, ``DIR``, ``PUB``, ``EC``, ``MC`` or ``PG``. FHIR: use. CDA: @use."""
