"""The order: an imaging order as the functional specification describes it.

Plain, frozen data with no logic, free of FHIR and of CDA; ``bridge.fhir`` reads and writes it from one side,
``bridge.order.xml`` and the stylesheets from the other. Each field says what it is, where it stands in FHIR and where in
the CDA document.

Sources: CI-SIS, volet IMG-DA-IMG 2024.01 (20/02/2024), section 3.4 (the data); CI-SIS, Structuration minimale (the
header); HL7 V3 datatypes (II, CD, TS, PN, AD, TEL).

Conventions that every reader of an order may rely on: a date or date-time is ISO 8601 at the precision received
(``2024``, ``2024-03``, ``2024-03-05``, ``2024-03-05T09:30:00+01:00``); a code system and an identifier root are OIDs (an
identifier root may be an upper-case UUID); a text holds no character that XML 1.0 forbids, uses ``\\n`` for a line break, and
neither begins nor ends with white space; what is absent is ``None`` or an empty tuple, never an empty string.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.order.header import (
    Attester,
    Author,
    Consent,
    DataEnterer,
    Document,
    Encounter,
    FulfilledOrder,
    Participant,
    Recipient,
    Request,
    Urgency,
)
from bridge.order.people import Contact, Organization, Patient, Professional
from bridge.order.values import Code, EffectiveTime, Identifier

__all__ = ["Act", "Attachment", "CareInformation", "Contraindication", "Function", "Order", "Site"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contraindication:
    """One contre-indication and its answer. FHIR: Observation 64100-1. CDA: observation 64100-1."""

    concept: Code
    """JDV_Contre-indications. FHIR: valueCodeableConcept. CDA: value."""
    present: bool = True
    """``False`` for the answer "non". FHIR: valueBoolean. CDA: @negationInd."""
    comment: str | None = None
    """FHIR: note. CDA: text/reference."""
    date: EffectiveTime | None = None
    """When it was answered. FHIR: effective[x]. CDA: effectiveTime."""
    id: Identifier | None = None
    """That of the entry; ``None`` for the one that the document derives. FHIR: identifier. CDA: id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CareInformation:
    """One information pour la prise en charge. FHIR: Observation ORG-192. CDA: observation ORG-192."""

    concept: Code
    """JDV_InfoPriseEnCharge. FHIR: valueCodeableConcept. CDA: value."""
    date: EffectiveTime | None = None
    """When it was said. FHIR: effective[x]. CDA: effectiveTime."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One localisation anatomique. FHIR: bodySite, BodyStructure. CDA: targetSiteCode."""

    location: Code | None = None
    """JDV_LocalisationAnatomique. FHIR: bodySite, BodyStructure.location. CDA: targetSiteCode."""
    text: str | None = None
    """The site in words, only where no code says it and the settings allow that. FHIR: bodySite.text. CDA: originalText."""
    modifiers: tuple[Code, ...] = ()
    """Précisions topographiques (JDV_ModificateurTopographique). FHIR: locationQualifier. CDA: qualifier/value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One fonction étudiée. FHIR: orderDetail. CDA: observation MED-1133."""

    concept: Code
    """JDV_FonctionEtudieeTEP or JDV_FonctionEtudieeScintigraphie, by the modality. CDA: value."""
    comment: str | None = None
    """Mandatory for "Autre". FHIR: orderDetail.text. CDA: FR-Commentaire-ER."""
    date: EffectiveTime | None = None
    """When it was said. FHIR: orderDetail, extension. CDA: effectiveTime."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One acte d'imagerie demandé. FHIR: ServiceRequest. CDA: Plan de soins, one entry.

    At most one of its sites has modifiers: the model carries one first-level qualifier an entry (rule B16), so a request
    with several modified sites is several acts.
    """

    modality: Code
    """JDV_Modalite_demandeActeImagerie. FHIR: code. CDA: observation/code."""
    sites: tuple[Site, ...]
    """Empty only where a site may be unknown by the settings. FHIR: bodySite. CDA: targetSiteCode."""
    ids: tuple[Identifier, ...] = ()
    """Placer numbers of this act beside that of the request. FHIR: identifier[PLAC]. CDA: further id."""
    comment: str | None = None
    """Mandatory for interventional radiology and "autre". FHIR: note. CDA: FR-Commentaire-ER."""
    contrast: Code | None = None
    """Injection de produit de contraste, PET only (JDV_InjectionPDC_TEP). FHIR: orderDetail. CDA: code/qualifier."""
    functions: tuple[Function, ...] = ()
    """PET and scintigraphy only. FHIR: orderDetail. CDA: observation MED-1133."""
    wanted_by: str | None = None
    """Date limite souhaitée. FHIR: occurrencePeriod.end. CDA: effectiveTime."""
    entry_id: Identifier | None = None
    """That of the entry, a root alone; ``None`` for the one that the document derives. FHIR: identifier[RI]. CDA: first id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """Document lié. FHIR: DocumentReference. CDA: FR-Document-attache."""

    title: str
    """FHIR: attachment.title. CDA: narrative titreDoc."""
    media_type: str
    """MIME type without parameters. FHIR: attachment.contentType. CDA: observationMedia/value/@mediaType."""
    data: str
    """Base64 without white space. FHIR: attachment.data. CDA: observationMedia/value."""
    type: Code | None = None
    """FHIR: DocumentReference.type. CDA: observation 69764-9, value."""
    date: str | None = None
    """FHIR: DocumentReference.date. CDA: observation 69764-9, effectiveTime."""
    language: str | None = None
    """FHIR: attachment.language. CDA: observationMedia/value/@language."""
    type_text: str | None = None
    """The type in words, where they are not the title. FHIR: DocumentReference.type.text. CDA: value/originalText."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One demande d'actes d'imagerie: one document, one patient, one or more acts."""

    document: Document
    """CDA: the first children of ClinicalDocument, and relatedDocument."""
    patient: Patient
    """CDA: recordTarget."""
    authors: tuple[Author, ...]
    """Demandeur first. CDA: author."""
    custodian: Organization
    """FHIR: Composition.custodian. CDA: custodian."""
    legal_authenticator: Attester
    """FHIR: Composition.attester[legal]. CDA: legalAuthenticator."""
    request: Request
    """CDA: documentationOf[1]."""
    encounter: Encounter
    """CDA: componentOf."""
    justification: str
    """Justification de la demande. FHIR: reasonCode. CDA: section 55115-0, narrative."""
    medical_history: str
    """Antécédents médicaux. FHIR: Observation 11348-0. CDA: observation 11348-0."""
    surgical_history: str
    """Antécédents chirurgicaux. FHIR: Observation 47519-4. CDA: observation 47519-4."""
    acts: tuple[Act, ...]
    """Actes d'imagerie demandés. CDA: section 18776-5."""
    patient_informed: bool | None = None
    """Patient informé des risques; ``None`` where the settings allow it. FHIR: Observation MED-1130. CDA: MED-1130."""
    patient_informed_at: EffectiveTime | None = None
    """When that was answered. FHIR: effective[x]. CDA: observation MED-1130, effectiveTime."""
    data_enterer: DataEnterer | None = None
    """CDA: dataEnterer."""
    contacts: tuple[Contact, ...] = ()
    """FHIR: Patient.contact, RelatedPerson. CDA: informant."""
    recipients: tuple[Recipient, ...] = ()
    """CDA: informationRecipient."""
    authenticators: tuple[Attester, ...] = ()
    """FHIR: Composition.attester[professional]. CDA: authenticator."""
    participants: tuple[Participant, ...] = ()
    """Médecin traitant (INF, PCP), destinataires du compte rendu (CON, CORRE), others. CDA: participant."""
    screening: bool = False
    """Acte de dépistage. FHIR: reasonCode Z13.9. CDA: documentationOf[code Z13.9]."""
    urgency: Urgency | None = None
    """FHIR: priority. CDA: documentationOf[code MED-1095]."""
    callback: bool | None = None
    """Retour par téléphone souhaité. FHIR: order-callback-phone-number. CDA: observation GEN-297 of the first entry."""
    purpose: str | None = None
    """Finalité de l'examen. FHIR: reasonCode[finaliteExamen]. CDA: section 55115-0, narrative."""
    contraindications: tuple[Contraindication, ...] = ()
    """CDA: observations 64100-1."""
    care_information: tuple[CareInformation, ...] = ()
    """Informations pour la prise en charge. FHIR: Observation ORG-192. CDA: observations ORG-192."""
    patient_information: str | None = None
    """Autres informations transmises au patient. FHIR: Observation 99622-3. CDA: observation 99622-3."""
    event: str | None = None
    """Évènement associé. FHIR: Observation GEN-296. CDA: observation GEN-296 of the first entry."""
    prior_results: str | None = None
    """Résultats d'examens antérieurs. FHIR: Observation 30954-2. CDA: section 30954-2."""
    attachments: tuple[Attachment, ...] = ()
    """Documents liés. CDA: section 55107-7."""
    medical_history_at: EffectiveTime | None = None
    """When the antécédents médicaux were said. FHIR: effective[x]. CDA: observation 11348-0, effectiveTime."""
    surgical_history_at: EffectiveTime | None = None
    """When the antécédents chirurgicaux were said. FHIR: effective[x]. CDA: observation 47519-4, effectiveTime."""
    patient_information_at: EffectiveTime | None = None
    """When that was told. FHIR: effective[x]. CDA: observation 99622-3, effectiveTime."""
    event_at: EffectiveTime | None = None
    """When the évènement was said. FHIR: effective[x]. CDA: observation GEN-296, effectiveTime."""
    callback_at: EffectiveTime | None = None
    """When the wish was said. FHIR: effective[x]. CDA: observation GEN-297, effectiveTime."""
    informants: tuple[Professional, ...] = ()
    """Professionals who informed. FHIR: extension informant-extension. CDA: informant/assignedEntity."""
    fulfils: tuple[FulfilledOrder, ...] = ()
    """FHIR: ServiceRequest.basedOn. CDA: inFulfillmentOf."""
    consents: tuple[Consent, ...] = ()
    """FHIR: Consent. CDA: authorization."""
