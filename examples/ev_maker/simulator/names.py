"""Invented names, a few per market: first names, then family names.

They are common words of each language, so that any resemblance is to everybody. A market that has no list
of its own borrows the one of its neighbors.
"""

from collections.abc import Mapping

Names = tuple[tuple[str, ...], tuple[str, ...]]


def _names(first: str, family: str) -> Names:
    return tuple(first.split(" ")), tuple(family.split(" "))


NAMES: Mapping[str, Names] = {
    "DE": _names(
        "Anke Jürgen Lena Björn Käthe Moritz Sören Ilse Henning Ayşe Emre Franziska",
        "Sommerfeld Größe Bäcker Lindner Wäldchen Çiçek Brückner Habicht Müllner Öhler Kranz",
    ),
    "AT": _names(
        "Resi Valentin Leopold Vroni Zoë Ferdinand Mirjana Luka",
        "Hölzl Gruberer Steinböck Kovačić Wiesner Almstätter Zöchling Traunfeld",
    ),
    "CH": _names(
        "Urs Ladina Beat Noëmi Reto Seraina Loïc Chiara",
        "Zürrer Bächtold Rochat Caflisch Äschbach Fontanel Brügger Ticozzi",
    ),
    "FR": _names(
        "Zoé Étienne Maëlle François Inès Cédric Léonie Gaël Aïcha Benoît Noémie Yacine",
        "Beauchêne Lefèvrier Rivière Châtaigne Benkacem Préval Forestier Lagarçonne Hébert-Duval Noël",
    ),
    "BE": _names(
        "Joke Maël Wout Élise Bram Fleur Loïc Anneleen",
        "Vandenbeuk Delcour Lemaître Peeterman De\u00a0Wilde Saint-Hubert Verhaegt Noirhomme",
    ),
    "NL": _names(
        "Sanne Daan Femke Joris Noa Ruben Aaltje Çelik",
        "Vandermeer Zonneveldt Kuipers-Bos Hazelaar Wilgenburg Öztürk Dijkgraafs Koning",
    ),
    "LU": _names("Claire Pit Mila Jang Liz Théo", "Weydert Schmëtz Feltgen Noesen Reckingen"),
    "ES": _names(
        "Íñigo Lucía Álvaro Begoña Martín Nuria Sofía Joaquín Ainhoa Rubén",
        "Peñalver Montañés Ibáñez Carrión Olmeda Núñez Arroyuelo Güell Vázquez-Sol",
    ),
    "PT": _names(
        "João Inês Tomás Conceição Rúben Leonor Simão Beatriz",
        "Figueirinha Gonçalves Magalhães Oliveirense Conceição Brandão Simões Araújo-Melo",
    ),
    "IT": _names(
        "Niccolò Giulia Matteo Elettra Ottavio Ludovica Zaccaria Noemi",
        "Dell'Acqua Montefiori Bellarosa Sartorelli Forlìn D'Alba Castagneto Pontevecchi",
    ),
    "NO": _names(
        "Åse Håkon Ingrid Øystein Sølvi Eirik Ragnhild Bjørnar",
        "Fjellheim Sjøgård Ødegårdsen Bratteli Lyngås Skogstrøm Nærbø",
    ),
    "SE": _names(
        "Åsa Göran Linnéa Östen Märta Viggo Fatima Björn",
        "Sjölund Ängström Björkdahl Håkansdotter Lindqvister Öberget Skogh",
    ),
    "DK": _names(
        "Søren Mette Asbjørn Kåre Freja Rikke Bertil Sofie",
        "Østergren Kjærsgård Nørrevang Holmbæk Skovlund Bækgaard Rømer",
    ),
    "FI": _names(
        "Väinö Aino Pekka Päivi Eero Saara Jyrki Kerttu",
        "Mäkelänen Järvenpäinen Koskelo Yli-Harju Hämärinen Niittymäki Öhman",
    ),
    "PL": _names(
        "Łukasz Zofia Michał Świętosława Kacper Małgorzata Bożena Jędrzej",
        "Brzęczyk Wiśniak Kłosowski Dąbrówka Żurawska Źródlany Gołąb",
    ),
    "CZ": _names("Jiří Věra Ondřej Žofie Matěj Zdeňka", "Dvořáček Příhodová Šťastný Říha Žižek"),
    "IE": _names(
        "Aoife Seán Niamh Cormac Síle Oisín", "O'Brannagh Kilbride Ní\u00a0Shúil MacCarrick Dunmore"
    ),
    "GB": _names(
        "Amelia Rhys Priya Callum Zainab Hugh", "Appleyard Thistlewood Nakamura-Reed Llanwern Okoye"
    ),
    "AE": _names("ليلى يوسف مريم خالد نورة سامي", "الخطيب النجار الزهراني الحداد البستاني"),
    "ID": _names("Dewi Budi Sri Agus Ratna Wahyu", "Santosa Pratiwi Wibawa Kusumah Lestari"),
}

BORROWED: Mapping[str, str] = {
    "de": "DE",
    "fr": "FR",
    "es": "ES",
    "en": "GB",
    "ar": "AE",
    "id": "ID",
}


def names_of(market: str, language: str) -> Names:
    """Find the names of a market, else of the country its language comes from."""
    return NAMES.get(market) or NAMES[BORROWED.get(language, "GB")]
