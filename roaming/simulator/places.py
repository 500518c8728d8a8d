"""Where the simulated stations stand. Streets and towns exist; that a station stands there is made up."""

from typing import NamedTuple


class Place(NamedTuple):
    name: str
    address: str
    postal_code: str
    city: str
    country: str
    latitude: str
    longitude: str
    time_zone: str


def _nl(name: str, address: str, postal_code: str, city: str, latitude: str, longitude: str) -> Place:
    return Place(name, address, postal_code, city, "NLD", latitude, longitude, "Europe/Amsterdam")


def _de(name: str, address: str, postal_code: str, city: str, latitude: str, longitude: str) -> Place:
    return Place(name, address, postal_code, city, "DEU", latitude, longitude, "Europe/Berlin")


# Volta runs stations in the big towns on both sides of the border.
TOWNS = (
    _nl("Amsterdam Zuid, Strawinskylaan", "Strawinskylaan 1", "1077 XW", "Amsterdam", "52.33930", "4.87250"),
    _nl("Amsterdam, Oosterdok garage", "Oosterdoksstraat 150", "1011 DK", "Amsterdam", "52.37670", "4.90860"),
    _nl("Amsterdam Noord, NDSM-kade", "NDSM-Plein 28", "1033 WB", "Amsterdam", "52.40140", "4.89430"),
    _nl("Utrecht, Jaarbeursplein", "Jaarbeursplein 6", "3521 AL", "Utrecht", "52.08810", "5.10640"),
    _nl("Utrecht, Vredenburg", "Vredenburgkade 11", "3511 WC", "Utrecht", "52.09280", "5.11370"),
    _nl("Rotterdam, Weena", "Weena 455", "3013 AL", "Rotterdam", "51.92390", "4.47200"),
    _nl("Den Haag, Spui", "Spui 68", "2511 BT", "Den Haag", "52.07710", "4.31690"),
    _nl("Eindhoven, Stationsplein", "Stationsplein 17", "5611 AC", "Eindhoven", "51.44310", "5.48110"),
    _nl("Arnhem, Velperplein", "Velperplein 8", "6811 AG", "Arnhem", "51.98330", "5.91460"),
    _de("Hamburg, Am Sandtorkai", "Am Sandtorkai 41", "20457", "Hamburg", "53.54330", "9.98860"),
    _de("Hamburg, Mönckebergstraße", "Mönckebergstraße 7", "20095", "Hamburg", "53.55170", "10.00180"),
    _de("Berlin, Alexanderplatz", "Alexanderstraße 7", "10178", "Berlin", "52.52210", "13.41530"),
    _de("Berlin, Südkreuz", "Naumannstraße 79", "10829", "Berlin", "52.47550", "13.36410"),
    _de("Düsseldorf, Medienhafen", "Speditionstraße 9", "40221", "Düsseldorf", "51.21420", "6.75310"),
)

# Polder Laden keeps to the new land.
POLDERS = (
    _nl("Almere, Stadhuisplein", "Stadhuisplein 1", "1315 HR", "Almere", "52.37130", "5.21790"),
    _nl("Almere Buiten, Globe", "Globeplein 2", "1334 DZ", "Almere", "52.39430", "5.27760"),
    _nl("Lelystad, Zilverparkkade", "Zilverparkkade 10", "8232 WJ", "Lelystad", "52.50850", "5.47250"),
    _nl("Lelystad, Batavia Stad", "Bataviaplein 60", "8242 PN", "Lelystad", "52.51840", "5.43690"),
    _nl("Dronten, De Rede", "De Rede 80", "8251 EW", "Dronten", "52.52430", "5.71690"),
    _nl("Emmeloord, De Deel", "De Deel 21", "8302 EK", "Emmeloord", "52.71010", "5.74890"),
    _nl("Zeewolde, Kerkplein", "Kerkplein 5", "3891 ET", "Zeewolde", "52.33070", "5.54120"),
    _nl("Biddinghuizen, Plein", "Plein 1", "8256 AZ", "Biddinghuizen", "52.45460", "5.69230"),
    _nl("Swifterbant, De Poort", "De Poort 4", "8255 AC", "Swifterbant", "52.56790", "5.64210"),
    _nl("Urk, Raadhuisstraat", "Raadhuisstraat 2", "8321 EP", "Urk", "52.66220", "5.60150"),
    _nl("Marknesse, Breestraat", "Breestraat 34", "8316 BC", "Marknesse", "52.71150", "5.86330"),
)
