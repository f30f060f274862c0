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

__all__ = [
    "Act",
    "Address",
    "Attachment",
    "Attester",
    "Author",
    "CareInformation",
    "Code",
    "Consent",
    "Contact",
    "Contraindication",
    "DataEnterer",
    "Device",
    "Document",
    "EffectiveTime",
    "Encounter",
    "EncounterParticipant",
    "Facility",
    "FulfilledOrder",
    "Function",
    "Guardian",
    "Identifier",
    "Order",
    "Organization",
    "Participant",
    "Patient",
    "PatientName",
    "Period",
    "PersonName",
    "Professional",
    "Recipient",
    "Request",
    "Site",
    "Telecom",
    "Translation",
    "Urgency",
]


# --- datatypes -------------------------------------------------------------------------------------------------------


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


# --- people and organisations ----------------------------------------------------------------------------------------


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


# --- the document and those who take part in it -----------------------------------------------------------------------


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


# --- the medical data ------------------------------------------------------------------------------------------------


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
