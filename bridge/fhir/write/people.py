"""Patient, relatives, professionals and structures of the order in FHIR: the dual of ``bridge.fhir.read.people``.

Source: docs/fhir.md, 1.5 and 2.5 (A2, A3, A4, A6).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bridge.fhir.extensions import ADDITIONAL_NAME
from bridge.fhir.write.datatypes import (
    address,
    addresses,
    coding,
    concept,
    human_names,
    identifier,
    national_identifiers,
    telecoms,
    typed,
    v3,
)
from bridge.fhir.write.resources import HL7, JSON, Resources, absent, parts, reference
from bridge.order import (
    Address,
    Author,
    Code,
    Contact,
    Guardian,
    Identifier,
    Organization,
    Participant,
    Patient,
    PatientName,
    PersonName,
    Professional,
)
from bridge.order.identifiers import INS_ROOTS, INS_TYPES
from bridge.tables.codes import code_system_uri, rows, value_set

__all__ = ["WrittenPeople"]

_FR = "https://hl7.fr/ig/fhir/core/StructureDefinition"
_INS_TYPES = {root: name for name, root in INS_TYPES.items()}
_PROFESSIONS = "1.2.250.1.213.1.1.4.5"
_G15, _R38 = "1.2.250.1.71.1.2.7", "1.2.250.1.213.2.28"
_MOS = "https://mos.esante.gouv.fr/NOS"
_ROLE_CODES = "2.16.840.1.113883.5.111"
_R216 = f"{_MOS}/TRE_R216-HL7RoleCode/FHIR/TRE-R216-HL7RoleCode"


@dataclass(slots=True)
class WrittenPeople:
    """Writes each person and structure once."""

    resources: Resources

    # --- professionals -----------------------------------------------------------------------------------------------

    def role(self, person: Professional, *, function: Code | None = None, role_class: str | None = None) -> str | None:
        """A professional in a role. FHIR: PractitionerRole with its Practitioner and Organization."""
        codes = [concept(function)] if function else []
        codes += [v3("RoleClass", role_class)] if role_class else []
        speciality = person.speciality
        codes += [concept(speciality)] if speciality and not _is_function(speciality) else []
        content = parts(
            practitioner=reference(self.practitioner(person)),
            organization=reference(self.organization(person.organization)),
            code=codes,
            specialty=[{"coding": [coding(skill, _R38)]} for skill in _skills(speciality)],
            telecom=telecoms(person.telecoms),
        )
        if not content:
            return None
        demanded = {name: content.get(name) or absent() for name in ("practitioner", "organization")}
        return self.resources.share("PractitionerRole", "fr-practitionerRole-document", **{**demanded, **content})

    def author(self, author: Author) -> str | None:
        """A demandeur with his function, or the device that wrote."""
        if author.device:
            return self.device(author)
        return self.role(author.professional, function=author.function)

    def participant(self, participant: Participant) -> str | None:
        """A participant with his function and class."""
        return self.role(participant.professional, function=participant.function, role_class=participant.role_class)

    def practitioner(self, person: Professional) -> str | None:
        """The person alone. FHIR: Practitioner; None when nothing but the role is known.

        His means of contact stand here, where the guide has them, and in the role, where readers of plain R4 look.
        """
        ids = [form for item in person.ids for form in national_identifiers(item)]
        apart = person.speciality is not None and _is_function(person.speciality)
        if not (ids or person.name or person.addresses or person.telecoms or apart):
            return None
        return self.resources.share(
            "Practitioner",
            "fr-practitioner-document",
            identifier=ids or [absent()],
            name=human_names(person.name) or [{"_family": absent()}],
            telecom=telecoms(person.telecoms),
            address=addresses(person.addresses),
            qualification=[{"code": {"coding": [part]}} for part in _qualifications(person.speciality)],
        )

    # --- structures --------------------------------------------------------------------------------------------------

    def organization(self, structure: Organization | None) -> str | None:
        """A structure. FHIR: Organization."""
        if structure is None:
            return None
        return self.resources.share(
            "Organization",
            "fr-organization-document",
            identifier=national_identifiers(structure.id) if structure.id else [],
            type=[concept(structure.practice_setting)] if structure.practice_setting else [],
            name=structure.name,
            telecom=telecoms(structure.telecoms),
            address=addresses(structure.addresses),
        )

    # --- the patient and his relatives -------------------------------------------------------------------------------

    def patient(self, patient: Patient, contacts: tuple[Contact, ...], physicians: list[str]) -> str:
        """The patient, with those to call and his legal guardians. *physicians* are fullUrls of treating physicians."""
        qualified = any(item.root in INS_ROOTS for item in patient.ids)
        related = [entry for contact in contacts for entry in self._contact(contact)]
        return self.resources.add(
            "Patient",
            "fr-patient-ins-document" if qualified else "fr-patient-document",
            extension=[*([_reliability()] if qualified else []), *_birth_place(patient.birth_place, qualified)],
            identifier=[_patient_identifier(item) for item in patient.ids],
            name=_patient_names(patient.name),
            telecom=telecoms(patient.telecoms),
            gender=_gender(patient.gender),
            birthDate=patient.birth_date[:10],
            _birthDate=_birth_time(patient.birth_date),
            address=addresses(patient.addresses),
            contact=related + [entry for guardian in patient.guardians for entry in self._guardian(guardian)],
            generalPractitioner=[reference(url) for url in physicians],
            **_deceased(patient),
            **_multiple_birth(patient),
        )

    def _contact(self, contact: Contact) -> list[JSON]:
        common = parts(relationship=_relationship(contact), **_contact_name(contact.name))
        return _by_address(common, telecoms(contact.telecoms), contact.addresses)

    def _guardian(self, guardian: Guardian) -> list[JSON]:
        common = parts(
            relationship=[v3("RoleClass", "GUARD")],
            **(_contact_name(guardian.name) or {"name": {"_family": absent()}}),
            organization=reference(self.organization(guardian.organization)),
        )
        return _by_address(common, telecoms(guardian.telecoms), guardian.addresses)

    def related_person(self, contact: Contact, patient: str) -> str:
        """A relative, whom the Composition names as an informant. FHIR: RelatedPerson."""
        return self.resources.add(
            "RelatedPerson",
            "fr-related-person-document",
            identifier=[absent()],
            patient=reference(patient),
            relationship=[_INFORMANT, *_relationship(contact)],
            name=human_names(contact.name),
            telecom=telecoms(contact.telecoms),
            address=addresses(contact.addresses),
        )

    def guardian(self, guardian: Guardian, patient: str) -> str | None:
        """A guardian who has numbers of his own, for which Patient.contact has no room. FHIR: RelatedPerson."""
        if not (guardian.ids and guardian.name):
            return None
        return self.resources.add(
            "RelatedPerson",
            "fr-related-person-document",
            identifier=[_patient_identifier(item) for item in guardian.ids],
            patient=reference(patient),
            relationship=[v3("RoleClass", "GUARD")],
            name=human_names(guardian.name),
        )

    def device(self, author: Author) -> str | None:
        """A device or a software that wrote. FHIR: Device."""
        device, holder = author.device, author.professional
        if device is None:
            return None
        names = [("model-name", device.model), ("other", device.software)]
        return self.resources.share(
            "Device",
            None,
            identifier=[identifier(item) for item in holder.ids],
            deviceName=[{"name": name, "type": kind} for kind, name in names if name],
            type=concept(holder.speciality) if holder.speciality else None,
            owner=reference(self.organization(holder.organization)),
            contact=telecoms(holder.telecoms),
        )


def _contact_name(name: PersonName | None) -> JSON:
    """The name of a Patient.contact, which has room for one: the used one, and the birth name in the extension of R5."""
    names = human_names(name)
    if len(names) < 2:
        return parts(name=names[0] if names else None)
    return {"extension": [{"url": ADDITIONAL_NAME, "valueHumanName": names[0]}], "name": names[1]}


def _birth_time(moment: str) -> JSON | None:
    """The hour of birth. FHIR: extension patient-birthTime of Patient.birthDate."""
    return {"extension": [{"url": f"{HL7}/patient-birthTime", "valueDateTime": moment}]} if "T" in moment else None


def _is_function(speciality: Code) -> bool:
    """Whether a speciality has the code of a function as well, for which it would be taken in PractitionerRole.code."""
    return value_set("function-code").find(speciality.code, speciality.system) is not None


def _skills(speciality: Code | None) -> list[str]:
    """The savoir-faire of a physician within a code of TRE_A02, which joins it to the profession."""
    skill = speciality.code.partition("/")[2] if speciality and speciality.system == _PROFESSIONS else ""
    return [skill] if skill.startswith("SM") else []


def _qualifications(speciality: Code | None) -> list[JSON]:
    """Profession and savoir-faire, each in its own code system (docs/fhir.md, A4); a role in care where it is a function too."""
    if speciality is not None and _is_function(speciality):
        return concept(speciality)["coding"]  # type: ignore[no-any-return]
    if speciality is None or speciality.system != _PROFESSIONS or not speciality.code.startswith("G15_"):
        return []
    profession = speciality.code.removeprefix("G15_").partition("/")[0]
    return [coding(profession, _G15), *(coding(skill, _R38) for skill in _skills(speciality))]


_INFORMANT = {"coding": [coding("CON", f"{_MOS}/TRE_R260-HL7RoleClass/FHIR/TRE-R260-HL7RoleClass", "Informateur")]}
"""What the French profile fixes as the role of a RelatedPerson (document-core 0.1.0, fr-related-person-document)."""


def _relationship(contact: Contact) -> list[JSON]:
    """Role and relation, which the French profiles know under TRE_R216 and plain R4 under the code system of HL7."""
    relation = contact.relation
    if relation is None:
        return [v3("RoleClass", contact.role)]
    is_known = relation.system == _ROLE_CODES and value_set("relation").find(relation.code, relation.system) is not None
    french = [{"coding": [coding(relation.code, _R216, relation.display)]}] if is_known else []
    return [v3("RoleClass", contact.role), *french, concept(relation)]


def _by_address(common: JSON, means: list[JSON], places: tuple[Address, ...]) -> list[JSON]:
    """One Patient.contact, which has room for one address; further addresses repeat the person (docs/fhir.md, A3)."""
    first = parts(**common, telecom=means, address=address(places[0]) if places else None)
    return [first, *({**common, "address": address(place)} for place in places[1:])]


def _patient_identifier(item: Identifier) -> JSON:
    if kind := _INS_TYPES.get(item.root):
        return typed(item, kind, french=True, use="temp" if kind == "INS-NIA" else "official")
    return typed(item, "PI", use="usual") if item.extension else identifier(item)


def _patient_names(name: PatientName) -> list[JSON]:
    """The birth identity and the used one. A list of forenames that is not known is said to be unknown."""
    url = f"{_FR}/fr-core-patient-birth-list-given-name"
    listed: JSON = {"url": url, "valueString": name.birth_givens} if name.birth_givens else {"url": url, **absent()}
    birth = parts(
        extension=[listed] if name.birth_givens or name.birth_given else [],
        use="official",
        family=name.birth_family,
        given=[name.birth_given] if name.birth_given else [],
        _given=[] if name.birth_given else [absent()],
        prefix=[name.prefix] if name.prefix else [],
        suffix=[name.suffix] if name.suffix else [],
    )
    if not (name.used_family or name.used_given):
        return [birth]
    return [birth, parts(use="usual", family=name.used_family, given=[name.used_given] if name.used_given else [])]


def _gender(code: Code) -> str:
    """The code of FHIR. Table ``gender``, towards FHIR."""
    return next(r["fhir_code"] for r in rows("codes/gender") if r["direction"] != "to-cda" and r["cda_code"] == code.code)


def _reliability() -> JSON:
    """An INS is exchanged for a validated identity only (Référentiel INS; docs/decisions.md, 15)."""
    status = coding("VALI", "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0445", "Identité validée")
    return {"url": f"{_FR}/fr-core-identity-reliability", "extension": [{"url": "identityStatus", "valueCoding": status}]}


def _birth_place(place: Address | None, qualified: bool) -> list[JSON]:
    """The place of birth with its INSEE code, in the extension of fr-core 2.1.0 and where 2.2.0 has it (``district``)."""
    if place is None and not qualified:
        return []
    written = address(place) if place else {}
    insee = written.get("district")
    code = {"valueCoding": coding(insee, _COMMUNES) if insee else absent()}
    extensions = [{"url": f"{_FR}/fr-core-address-insee-code", **code}] if insee or qualified else []
    return [{"url": f"{HL7}/patient-birthPlace", "valueAddress": parts(extension=extensions, **written)}]


_COMMUNES = code_system_uri("1.2.250.1.213.2.23")


def _deceased(patient: Patient) -> dict[str, Any]:
    """deceased[x]: the date where there is one, for it says all that the flag says."""
    if patient.deceased_at:
        return {"deceasedDateTime": patient.deceased_at}
    return {"deceasedBoolean": patient.deceased}


def _multiple_birth(patient: Patient) -> dict[str, Any]:
    """multipleBirth[x]: the rank where there is one, for it says all that the flag says."""
    if patient.birth_rank is not None:
        return {"multipleBirthInteger": patient.birth_rank}
    return {"multipleBirthBoolean": patient.multiple_birth}
