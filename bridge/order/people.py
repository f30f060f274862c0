"""The patient of an order, the relatives, the professionals and the structures.

Source: CI-SIS, Structuration minimale.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.order.values import Address, Code, Identifier, PatientName, PersonName, Telecom

__all__ = ["Contact", "Guardian", "Organization", "Patient", "Professional"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """A health structure. FHIR: Organization. CDA: representedOrganization and its like."""

    id: Identifier | None = None
    """National identifier under 1.2.250.1.71.4.2.2. FHIR: identifier. CDA: id."""
    name: str | None = None
    """FHIR: name. CDA: name."""
    telecoms: tuple[Telecom, ...] = ()
    """FHIR: telecom. CDA: telecom."""
    addresses: tuple[Address, ...] = ()
    """FHIR: address. CDA: addr."""
    practice_setting: Code | None = None
    """Cadre d'exercice (JDV_J04). FHIR: type. CDA: standardIndustryClassCode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Professional:
    """A health professional in a role. FHIR: PractitionerRole, Practitioner. CDA: assignedEntity and its like."""

    ids: tuple[Identifier, ...] = ()
    """National identifier under 1.2.250.1.71.4.2.1 first. FHIR: Practitioner.identifier. CDA: id."""
    speciality: Code | None = None
    """Profession and savoir-faire (JDV_J01). FHIR: specialty, qualification. CDA: code."""
    name: PersonName | None = None
    """FHIR: Practitioner.name. CDA: assignedPerson/name."""
    telecoms: tuple[Telecom, ...] = ()
    """FHIR: telecom. CDA: telecom."""
    addresses: tuple[Address, ...] = ()
    """FHIR: address. CDA: addr."""
    organization: Organization | None = None
    """FHIR: PractitionerRole.organization. CDA: representedOrganization."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardian:
    """Représentant légal, a person or an organisation. FHIR: Patient.contact[GUARD]. CDA: guardian."""

    name: PersonName | None = None
    """FHIR: contact.name. CDA: guardianPerson/name."""
    organization: Organization | None = None
    """Only identifier and name. FHIR: contact.organization. CDA: guardianOrganization."""
    telecoms: tuple[Telecom, ...] = ()
    """FHIR: contact.telecom. CDA: telecom."""
    addresses: tuple[Address, ...] = ()
    """FHIR: contact.address. CDA: addr."""
    ids: tuple[Identifier, ...] = ()
    """His own INS first. FHIR: RelatedPerson.identifier. CDA: id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Personne à prévenir (ECON), personne de confiance (NOK), informateur (CON), aidant (CAREGIVER), aidé (PAT).

    FHIR: Patient.contact, RelatedPerson. CDA: informant/relatedEntity.
    """

    role: str
    """One of the five codes above. FHIR: relationship, v3-RoleClass. CDA: @classCode."""
    name: PersonName
    """FHIR: name. CDA: relatedPerson/name."""
    relation: Code | None = None
    """Lien avec le patient (JDV_J11). FHIR: relationship, v3-RoleCode. CDA: code."""
    telecoms: tuple[Telecom, ...] = ()
    """FHIR: telecom. CDA: telecom."""
    addresses: tuple[Address, ...] = ()
    """FHIR: address. CDA: addr."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """The patient. FHIR: Patient. CDA: recordTarget/patientRole."""

    ids: tuple[Identifier, ...]
    """The INS first when the identity is qualified, then the local ones. FHIR: identifier. CDA: id."""
    name: PatientName
    """FHIR: name. CDA: patient/name."""
    gender: Code
    """JDV_J143. FHIR: gender. CDA: administrativeGenderCode."""
    birth_date: str
    """A date of any precision. FHIR: birthDate. CDA: birthTime."""
    birth_place: Address | None = None
    """The INSEE code as *county*, and the city. FHIR: extension patient-birthPlace. CDA: birthplace/place/addr."""
    deceased: bool | None = None
    """FHIR: deceasedBoolean. CDA: sdtc:deceasedInd."""
    deceased_at: str | None = None
    """FHIR: deceasedDateTime. CDA: sdtc:deceasedTime."""
    multiple_birth: bool | None = None
    """FHIR: multipleBirthBoolean. CDA: sdtc:multipleBirthInd."""
    birth_rank: int | None = None
    """FHIR: multipleBirthInteger. CDA: sdtc:multipleBirthOrderNumber."""
    telecoms: tuple[Telecom, ...] = ()
    """FHIR: telecom. CDA: patientRole/telecom."""
    addresses: tuple[Address, ...] = ()
    """FHIR: address. CDA: patientRole/addr."""
    guardians: tuple[Guardian, ...] = ()
    """FHIR: contact[GUARD]. CDA: patient/guardian."""
