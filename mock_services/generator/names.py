"""Names and cities by country. Earlier entries are drawn more often.

Lists of our own rather than a library's: they cannot change under a seed, and drawing from them costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Country:
    """share: of customers, relative to the other countries."""

    code: str
    share: float
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    cities: tuple[str, ...]


def _country(code: str, share: float, first_names: str, last_names: str, cities: str) -> Country:
    """Names with a comma and a space between."""
    first, last, places = (
        tuple(name.strip() for name in names.split(",")) for names in (first_names, last_names, cities)
    )
    return Country(code, share, first, last, places)


COUNTRIES = (
    _country(
        "DE",
        20,
        "Anna, Lukas, Sophie, Jonas, Marie, Felix, Lea, Paul, Katharina, Maximilian, Johanna, Tobias, Claudia, "
        "Stefan, Jürgen, Anneliese, Moritz, Greta, Emre, Aylin, Dieter, Heike, Sebastian, Ulrike",
        "Müller, Schmidt, Schneider, Fischer, Weber, Wagner, Becker, Hoffmann, Schäfer, Koch, Bauer, Richter, "
        "Klein, Wolf, Schröder, Neumann, Krüger, Vogel, Demir, Lange, Weiß, Brandt, Kaiser, Nowak",
        "Berlin, Hamburg, München, Köln, Frankfurt am Main, Leipzig, Stuttgart, Dresden, Nürnberg, Freiburg",
    ),
    _country(
        "NO",
        4,
        "Ingrid, Lars, Nora, Ole, Solveig, Magnus, Astrid, Håkon, Kari, Henrik, Silje, Bjørn, Marit, Sindre, Ragnhild, "
        "Øystein, Tuva, Eirik, Åse, Torbjørn, Hedda, Amir, Sigrid, Jørgen",
        "Hansen, Johansen, Olsen, Larsen, Andersen, Pedersen, Nilsen, Kristiansen, Jensen, Karlsen, Johnsen, Berg, "
        "Haugen, Hagen, Solberg, Moen, Bakken, Dahl, Lund, Strand, Sørensen, Ødegård, Ali, Aas",
        "Oslo, Bergen, Trondheim, Stavanger, Tromsø, Drammen, Kristiansand, Ålesund, Bodø, Lillehammer",
    ),
    _country(
        "FR",
        17,
        "Camille, Thomas, Léa, Nicolas, Chloé, Julien, Manon, Antoine, Émilie, Hugo, Inès, Mathieu, Élodie, "
        "Baptiste, Sarah, Karim, Nathalie, Philippe, Margaux, Théo, Océane, François, Amélie, Yasmine",
        "Martin, Bernard, Dubois, Thomas, Robert, Petit, Durand, Leroy, Moreau, Laurent, Lefèvre, Roux, Fournier, "
        "Girard, Mercier, Dupont, Lambert, Benali, Faure, Rousseau, Blanc, Guérin, Chevalier, Diallo",
        "Paris, Lyon, Marseille, Toulouse, Nantes, Lille, Bordeaux, Strasbourg, Rennes, Montpellier",
    ),
    _country(
        "IT",
        12,
        "Giulia, Marco, Francesca, Luca, Chiara, Alessandro, Martina, Matteo, Sara, Andrea, Elena, Davide, "
        "Federica, Lorenzo, Valentina, Simone, Ilaria, Giuseppe, Paola, Riccardo, Beatrice, Nicolò, Teresa, "
        "Salvatore",
        "Rossi, Russo, Ferrari, Esposito, Bianchi, Romano, Colombo, Ricci, Marino, Greco, Bruno, Gallo, Conti, De "
        "Luca, Costa, Giordano, Mancini, Rizzo, Lombardi, Moretti, Barbieri, Fontana, Santoro, Caruso",
        "Roma, Milano, Napoli, Torino, Bologna, Firenze, Palermo, Genova, Verona, Bari",
    ),
    _country(
        "ES",
        11,
        "Lucía, Javier, María, Daniel, Carmen, Pablo, Laura, Sergio, Elena, Álvaro, Marta, Diego, Paula, Manuel, "
        "Irene, Rubén, Cristina, Adrián, Rocío, Iñaki, Nerea, Joan, Montserrat, Xavier",
        "García, Rodríguez, González, Fernández, López, Martínez, Sánchez, Pérez, Gómez, Ruiz, Díaz, Moreno, "
        "Muñoz, Álvarez, Romero, Navarro, Torres, Domínguez, Vázquez, Gil, Serrano, Molina, Ibáñez, Puig",
        "Madrid, Barcelona, Valencia, Sevilla, Zaragoza, Málaga, Bilbao, Granada, Palma, Alicante",
    ),
    _country(
        "NL",
        9,
        "Emma, Daan, Sanne, Bram, Lotte, Thijs, Femke, Jeroen, Fleur, Ruben, Anouk, Sander, Iris, Maarten, Eva, "
        "Niels, Marieke, Joost, Noor, Willem, Roos, Kees, Fatima, Mees",
        "de Jong, Jansen, de Vries, van den Berg, Bakker, van Dijk, Visser, Smit, Meijer, de Boer, Mulder, Bos, "
        "Vos, Peters, Hendriks, Dekker, Brouwer, van Leeuwen, de Wit, Kok, El Amrani, Schouten, Kuipers, Post",
        "Amsterdam, Rotterdam, Utrecht, Den Haag, Eindhoven, Groningen, Tilburg, Haarlem",
    ),
    _country(
        "PL",
        8,
        "Anna, Piotr, Katarzyna, Krzysztof, Agnieszka, Tomasz, Małgorzata, Paweł, Joanna, Michał, Magdalena, "
        "Marcin, Ewa, Jakub, Aleksandra, Łukasz, Zofia, Grzegorz, Natalia, Kamil, Wiktoria, Szymon, Oliwia, Rafał",
        "Nowak, Kowalski, Wiśniewski, Wójcik, Kowalczyk, Kamiński, Lewandowski, Zieliński, Szymański, Woźniak, "
        "Dąbrowski, Kozłowski, Mazur, Kwiatkowski, Krawczyk, Grabowski, Pawłowski, Michalski, Król, Wieczorek, "
        "Jabłoński, Wróbel, Dudek, Stępień",
        "Warszawa, Kraków, Wrocław, Łódź, Poznań, Gdańsk, Katowice, Lublin",
    ),
    _country(
        "AT",
        5,
        "Lena, Michael, Julia, Thomas, Lisa, Stefan, Theresa, Florian, Magdalena, Markus, Eva, Andreas, "
        "Elisabeth, Dominik, Verena, Bernhard",
        "Gruber, Huber, Wagner, Pichler, Steiner, Moser, Mayer, Hofer, Leitner, Berger, Fuchs, Eder, Reiter, "
        "Winkler, Brunner, Haider",
        "Wien, Graz, Linz, Salzburg, Innsbruck, Klagenfurt",
    ),
    _country(
        "BE",
        4,
        "Louise, Arthur, Elise, Wout, Julie, Jef, Charlotte, Maxime, Lotte, Simon, Amélie, Pieter, Nathan, Hanne, "
        "Lucas, Imane",
        "Peeters, Janssens, Maes, Jacobs, Mertens, Willems, Claes, Goossens, Lambert, Dupont, Dumont, Leclercq, "
        "Wouters, De Smet, Michiels, Haddad",
        "Bruxelles, Antwerpen, Gent, Liège, Leuven, Brugge",
    ),
    _country(
        "PT",
        3,
        "Maria, João, Ana, Tiago, Inês, Miguel, Beatriz, Rui, Mariana, Pedro, Catarina, Gonçalo, Sofia, Nuno, "
        "Joana, Duarte",
        "Silva, Santos, Ferreira, Pereira, Oliveira, Costa, Rodrigues, Martins, Sousa, Gonçalves, Fernandes, "
        "Lopes, Marques, Almeida, Ribeiro, Carvalho",
        "Lisboa, Porto, Braga, Coimbra, Faro",
    ),
    _country(
        "IE",
        3,
        "Aoife, Conor, Niamh, Seán, Ciara, Patrick, Saoirse, Liam, Emma, Oisín, Róisín, Declan, Grace, Eoin, "
        "Sinéad, Cillian",
        "Murphy, Kelly, O'Sullivan, Walsh, O'Brien, Byrne, Ryan, O'Connor, O'Neill, Doyle, McCarthy, Gallagher, "
        "Doherty, Lynch, Nolan, Brennan",
        "Dublin, Cork, Galway, Limerick, Waterford",
    ),
    _country(
        "FI",
        2,
        "Aino, Mikko, Sanna, Juha, Emilia, Antti, Laura, Ville, Hanna, Jari, Päivi, Eero, Noora, Timo, Kaisa, Väinö",
        "Korhonen, Virtanen, Mäkinen, Nieminen, Mäkelä, Hämäläinen, Laine, Heikkinen, Koskinen, Järvinen, "
        "Lehtonen, Saarinen, Salminen, Niemi, Salo, Heinonen",
        "Helsinki, Espoo, Tampere, Turku, Oulu",
    ),
    _country(
        "GR",
        2,
        "Maria, Giorgos, Eleni, Dimitris, Katerina, Kostas, Vasiliki, Yannis, Sofia, Nikos, Ioanna, Panagiotis, "
        "Despina, Christos, Anna, Thanasis",
        "Papadopoulos, Georgiou, Nikolaidis, Pappas, Oikonomou, Vlachos, Makris, Angelopoulos, Karagiannis, "
        "Dimitriou, Konstantinou, Antoniou, Samaras, Kyriakou, Alexiou, Stavrou",
        "Athina, Thessaloniki, Patra, Iraklio",
    ),
)
