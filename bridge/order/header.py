"""The document, those who take part in it, the request as an event and the encounter of an order.

Source: CI-SIS, Structuration minimale; volet IMG-DA-IMG 2024.01, section 3.4.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.order.people import Professional
from bridge.order.values import Address, Code, Identifier, Period

__all__ = [
    "Attester",
    "Author",
    "Consent",
    "DataEnterer",
    "Device",
    "Document",
    "Encounter",
    "EncounterParticipant",
    "Facility",
    "FulfilledOrder",
    "Participant",
    "Recipient",
    "Request",
    "Urgency",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The identity of the document. FHIR: Bundle, Composition. CDA: the first children of ClinicalDocument."""

    id: Identifier
    """FHIR: Bundle.identifier. CDA: id."""
    set_id: Identifier
    """Constant over the versions. FHIR: Composition.identifier. CDA: setId."""
    created_at: str
    """Date-time of this version. FHIR: Composition.date. CDA: effectiveTime."""
    version: int = 1
    """FHIR: extension Composition.version. CDA: versionNumber."""
    title: str = "Demande d'actes d'imagerie"
    """FHIR: Composition.title. CDA: title."""
    language: str = "fr-FR"
    """FHIR: Composition.language. CDA: languageCode."""
    confidentiality: str = "N"
    """``L``, ``M``, ``N``, ``R``, ``U`` or ``V``. FHIR: Composition.confidentiality. CDA: confidentialityCode."""
    replaces: Identifier | None = None
    """The document that this one replaces. FHIR: Composition.relatesTo. CDA: relatedDocument[@typeCode='RPLC']."""
    replaces_version: int | None = None
    """The version of that document. FHIR: relatesTo, extension replaced-version. CDA: parentDocument/versionNumber."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device or a software that wrote a document. FHIR: Device. CDA: assignedAuthoringDevice."""

    model: str | None = None
    """FHIR: deviceName[model-name]. CDA: manufacturerModelName."""
    software: str | None = None
    """FHIR: deviceName[other]. CDA: softwareName."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Demandeur, who comes first, or another author. FHIR: Composition.author, ServiceRequest.requester. CDA: author."""

    professional: Professional
    """CDA: assignedAuthor."""
    time: str
    """Date et heure de la demande. FHIR: ServiceRequest.authoredOn. CDA: time."""
    function: Code | None = None
    """JDV_J47. FHIR: PractitionerRole.code. CDA: functionCode."""
    device: Device | None = None
    """The author is no person: *professional* has no name. FHIR: Device. CDA: assignedAuthoringDevice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A consent or an opposition of the patient. FHIR: Consent. CDA: authorization/consent."""

    code: Code
    """What the patient consents or is opposed to. FHIR: category. CDA: code."""
    ids: tuple[Identifier, ...] = ()
    """FHIR: identifier. CDA: id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfilledOrder:
    """An order that this one answers. FHIR: ServiceRequest.basedOn. CDA: inFulfillmentOf/order."""

    id: Identifier
    """FHIR: basedOn.identifier. CDA: id."""
    accession_number: Identifier | None = None
    """FHIR: basedOn, extension further-identifier of type ACSN. CDA: ps3-20:accessionNumber."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataEnterer:
    """Opérateur de saisie. FHIR: Composition, extension data-enterer. CDA: dataEnterer."""

    professional: Professional
    """CDA: assignedEntity."""
    time: str | None = None
    """CDA: time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attester:
    """Who answers for the document. FHIR: Composition.attester. CDA: legalAuthenticator, authenticator."""

    professional: Professional
    """Exactly one identifier. CDA: assignedEntity."""
    time: str
    """FHIR: attester.time. CDA: time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """An addressee of this document. FHIR: extension information-recipient. CDA: informationRecipient."""

    professional: Professional
    """CDA: intendedRecipient."""
    copy: bool = False
    """For information only. CDA: @typeCode, ``TRC`` instead of ``PRCP``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """Somebody else who takes part. FHIR: extension ParticipantExtension. CDA: participant."""

    professional: Professional
    """At most one identifier. CDA: associatedEntity."""
    type: str
    """JDV_J144: ``INF``, ``CON``, ``REF``… CDA: @typeCode."""
    function: Code | None = None
    """JDV_J47: ``PCP`` médecin traitant, ``CORRE`` destinataire du compte rendu… CDA: functionCode."""
    role_class: str = "PROV"
    """``PROV`` professionnel de santé or ``AGNT``. CDA: associatedEntity/@classCode."""
    time: Period | None = None
    """CDA: time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The request as an event. FHIR: ServiceRequest, Composition.event. CDA: documentationOf[1]/serviceEvent."""

    period: Period
    """When it was made; the start is always known. FHIR: event.period. CDA: effectiveTime."""
    performer: Professional
    """The requester, with an organisation that has a practice setting. CDA: performer."""
    ids: tuple[Identifier, ...] = ()
    """Order Placer Number. FHIR: requisition. CDA: id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Urgency:
    """Exécution en urgence. FHIR: priority. CDA: documentationOf[code MED-1095]/serviceEvent."""

    reason: str
    """Motif de l'urgence. FHIR: reasonCode[MED-1095].text. CDA: code/originalText."""
    contacted: Professional | None = None
    """Médecin effecteur contacté, with an organisation that has a practice setting. FHIR: performer. CDA: performer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facility:
    """Lieu de la prise en charge. FHIR: Location. CDA: encompassingEncounter/location/healthCareFacility."""

    type: Code
    """Secteur d'activité (JDV_J02). FHIR: type. CDA: code."""
    ids: tuple[Identifier, ...] = ()
    """FHIR: identifier. CDA: id."""
    name: str | None = None
    """FHIR: name. CDA: location/name."""
    address: Address | None = None
    """FHIR: address. CDA: location/addr."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncounterParticipant:
    """FHIR: Encounter.participant. CDA: encounterParticipant."""

    type: str
    """``ADM``, ``ATND``, ``CON``, ``DIS`` or ``REF``. CDA: @typeCode."""
    professional: Professional
    """Exactly one identifier, under 1.2.250.1.71.4.2.1. CDA: assignedEntity."""
    time: Period | None = None
    """CDA: time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encounter:
    """Contexte de la prise en charge. FHIR: Encounter. CDA: componentOf/encompassingEncounter."""

    facility: Facility
    """FHIR: location. CDA: location/healthCareFacility."""
    ids: tuple[Identifier, ...] = ()
    """FHIR: identifier. CDA: id."""
    type: Code | None = None
    """Type de rencontre (JDV_J142). FHIR: class. CDA: code."""
    period: Period | None = None
    """FHIR: period. CDA: effectiveTime."""
    responsible: Professional | None = None
    """FHIR: participant[RESP]. CDA: responsibleParty."""
    participants: tuple[EncounterParticipant, ...] = ()
    """FHIR: participant. CDA: encounterParticipant."""
