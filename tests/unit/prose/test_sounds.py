from __future__ import annotations

import pytest

from media_captioner.prose import tags, understand
from media_captioner.prose.keywords import identifier
from media_captioner.prose.tables import table


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Two dogs growl and snarl at each other.", {"Growling"}),
        ("A lion roars.", {"Roaring cats (lions, tigers)"}),
        ("The crowd roars.", {"Crowd"}),
        ("The engine roars.", {"Engine"}),
        ("The audience roars with laughter.", {"Laughter"}),
        ("The barking of a large dog echoes.", {"Bark"}),
        ("A baby cries.", {"Baby cry, infant cry"}),
        ("Seagulls cry overhead.", {"Gull, seagull"}),
        ("A woman cries softly.", {"Crying, sobbing"}),
        ("The crack of a rifle is heard.", {"Gunshot, gunfire"}),
        ("A crack of thunder follows.", {"Thunder"}),
        ("A whip cracks.", {"Whip"}),
        ("Automatic gunfire erupts.", {"Machine gun", "Gunshot, gunfire"}),
        ("A door creaks open and then slams shut.", {"Creak", "Slam"}),
        ("The kettle begins to whistle.", {"Kettle whistle"}),
        ("A referee's whistle blows.", {"Whistle"}),
        ("The wind whistles.", {"Wind"}),
        ("A man whistles a tune.", {"Whistling"}),
        ("A small stream trickles.", {"Stream"}),
        ("Tires squeal before a loud crash.", {"Tire squeal", "Smash, crash"}),
        ("Footsteps crunch on gravel.", {"Crunch", "Walk, footsteps"}),
        ("A cork pops and champagne fizzes.", {"Burst, pop", "Fizz"}),
        ("A fire alarm blares.", {"Fire alarm"}),
        ("The sound of a train grows.", {"Train"}),
        ("Sirens can be heard far away.", {"Siren"}),
        ("A horse whinnies and its hooves clatter.", {"Neigh, whinny", "Clip-clop"}),
        ("A woody “thump” is heard.", {"Thump, thud"}),
        ("The train arrives with a squeal of brakes.", {"Squeal"}),
        ("A three-tone warning signal beeps.", {"Beep, bleep"}),
        ("A knife is tapped against a glass.", {"Tap"}),
        ("She stops, clears her throat, and hums.", {"Throat clearing", "Humming"}),
        ("A machine gun hammers in long bursts.", {"Machine gun", "Gunshot, gunfire"}),
        ("A forklift reverses, its warning beeper sounding.", {"Beep, bleep"}),
        ("Heavy lorries thunder by.", {"Truck"}),
        ("The impact is a sub-bass boom.", {"Boom"}),
        ("An organ plays a fanfare, fireworks pop overhead.", {"Fireworks"}),
        ("Bowling pins crash in the distance.", {"Smash, crash"}),
        ("The men sing, stamping on the planks.", {"Walk, footsteps"}),
        ("A stream murmurs nearby.", {"Stream"}),
        ("A radio plays classical guitar quietly.", {"Music", "Acoustic guitar"}),
        ("A cucumber is sliced rapidly.", {"Chopping (food)"}),
        ("The engine drones, windows buzz, and the brakes sigh.", {"Engine", "Buzz"}),
        ("The man on the floor groans.", {"Groan"}),
        ("An impact wrench chatters as wheel nuts are removed.", {"Power tool"}),
        ("Billiard balls roll over felt.", {"Roll"}),
        ("Hooves hammer the dirt.", {"Clip-clop"}),
        ("Heavy metal plays from a speaker.", {"Music", "Heavy metal"}),
        ("The crowd explodes into cheers.", {"Crowd", "Cheering"}),
        ("Boots crunch on ballast.", {"Crunch", "Walk, footsteps"}),
        ("An air horn is sounded twice.", {"Air horn, truck horn"}),
        ("She bursts into hysterical tears.", {"Crying, sobbing"}),
        ("A woman in the car sighs.", {"Sigh"}),
        ("The director stops them with a rap of the baton.", {"Knock"}),
        ("Waves fold onto a shelf of rock.", {"Waves, surf"}),
        ("A coffee grinder roars.", {"Grind"}),
        ("A skeleton stands up with a clatter of bones and swings a blade.", {"Clatter"}),
        ("Her bangles jingle.", {"Jingle, tinkle"}),
        ("A diva proclaims, singing, “Set me free tonight!”", {"Singing", "Female singing"}),
        ("The buzzing of flies surrounds the microphone.", {"Fly, housefly"}),
        ("Hounds bay.", {"Howl"}),
        ("Somebody drums on a tabletop with their fingers.", {"Tap"}),
        ("A vending machine hums.", {"Hum"}),
        ("The hall explodes in applause.", {"Applause"}),
        ("There is a pounding at the door.", {"Knock"}),
        ("Breakers explode against the hull.", {"Waves, surf"}),
        ("The drummers shout.", {"Shout"}),
        ("The soundscape is dominated by a helicopter.", {"Helicopter"}),
        ("The jangle of an antique telephone is heard.", {"Telephone bell ringing"}),
        ("Crows can be heard.", {"Crow"}),
        ("A doorbell rings, and the door closes.", {"Doorbell", "Door"}),
        ("A door crashes shut.", {"Slam"}),
        ("Shots are exchanged.", {"Gunshot, gunfire"}),
        ("Tires shriek.", {"Tire squeal"}),
        ("Broth bubbles in a pot.", {"Boiling"}),
        ("Monkeys chatter in the canopy.", {"Wild animals"}),
        ("A toddler begins to bawl.", {"Baby cry, infant cry"}),
        ("The dry whirr of insects is heard.", {"Insect"}),
        ("Crickets and a chorus of frogs become audible.", {"Cricket", "Frog"}),
    ],
)
def test_names_the_thing_that_sounds(text, wanted):
    assert wanted <= set(tags(understand(text)))


@pytest.mark.parametrize(
    "text",
    [
        "He barks, “Move!”",
        "An accordion enters with a sighing countermelody.",
        "Radio traffic is heard during the rescue.",
        "In summary, this is a scene from a television drama.",
        "A car passing through a tunnel.",
        "Her voice cracks with emotion.",
        "An explosion of color marks the scene.",
        "The mix is warm, with a wide image, and breathes gently.",
        "No music plays, and the engine is off.",
        "His delivery is clipped and hard-boiled.",
        "This is an excerpt from a radio play.",
        "The voice booms.",
        "He snaps at the other man.",
        "The piece is in a minor key.",
        "The melody has a rolling rhythm.",
        "The audio clip begins.",
        "A wave of nostalgia washes over the listener.",
        "The attack is immediate and the decay short.",
        "The recording has a wide stereo field.",
        "His explosive frustration is palpable.",
        "A type of music is used.",
        "He purrs seductively into the microphone.",
        "She hisses the last word.",
        "The voice is buttery and purring.",
        "The melody trickles down the keyboard.",
        "The stereo image is wide as an ocean.",
        "The rain-soaked mood is melancholy.",
        "A heart-pounding score plays.",
        "A hammered riff drives the song.",
        "The joke lands with a thud.",
        "The host rattles through the headlines.",
        "The advertisement promises the roar of the crowd.",
        "A squeaky male voice is heard.",
        "A wind chime is conspicuous by its absence.",
    ],
)
def test_figures_of_speech_are_no_sounds(text):
    found = [
        sound.label for sound in understand(text).sounds if sound.polarity == "asserted" and sound.audioset
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "label", "sustained"),
    [
        ("A sudden, loud, metallic clanking begins.", "loud metallic clanking", False),
        ("Rhythmic metallic clanking continues.", "rhythmic metallic clanking", True),
        ("A chair creaks.", "chair creaking", False),
        ("Faint church bells toll.", "faint church bell tolling", False),
        ("Heavy rain falls.", "heavy rain", True),
        ("A persistent mechanical whirring is heard.", "mechanical whirring", True),
        ("A single gunshot rings out.", "gunshots", False),
        ("Hazard lights tick.", "ticking", True),
        ("Chalk squeaks on a cue tip.", "chalk squeaking", False),
        ("A clock ticks.", "clock ticking", True),
        ("A nanny goat bleats.", "goat bleating", False),
        ("A mug is slammed onto the counter.", "slamming", False),
    ],
)
def test_words_captions(text, label, sustained):
    sound = understand(text).sounds[0]
    assert (sound.label, sound.sustained) == (label, sustained)


def test_a_participle_before_music_describes_the_music():
    heard = tags(
        understand("A buzzing synthesizer, a saw-wave lead and a grinding bass guitar carry the track.")
    )
    assert "Bass guitar" in heard
    assert not {"Buzz", "Grind", "Sawing"} & set(heard)


def test_one_sound_named_three_times_is_one_sound():
    facts = understand("A dog barks. The barking stops. Later the dog barks again. No cat meows.")
    assert [(s.label, s.polarity, s.mentions) for s in facts.sounds] == [
        ("dog barking", "asserted", 3),
        ("cat meowing", "negated", 1),
    ]


def test_a_summary_that_names_a_sound_again_adds_none():
    facts = understand("A loud slam shakes the room. In summary, the clip holds the slamming of a door.")
    assert len([s for s in facts.sounds if s.polarity == "asserted"]) == 1


def test_the_surest_mention_wins():
    facts = understand("Perhaps a dog is barking. Then the dog barks loudly.")
    assert facts.sounds[0].polarity == "asserted"
    assert facts.sounds[0].evidence.sentence == "Then the dog barks loudly."


def test_hiss_of_the_recording_is_quality_and_hiss_of_a_snake_is_a_sound():
    channel = understand("There is a faint hiss from the recording equipment.")
    assert tags(channel) == ()
    assert [quality.term for quality in channel.qualities] == ["hiss"]
    snake = understand("A snake hisses.")
    assert "Hiss" in tags(snake)
    assert snake.qualities == ()


@pytest.mark.parametrize(
    ("text", "unwanted"),
    [
        ("A child's music box plays.", "Children playing"),
        ("A trumpet cries and growls in its upper register.", "Growling"),
        ("The ride cymbal ticks along like a clock.", "Tick"),
        ("The whisper of brushes on a snare drum is soft.", "Whispering"),
        ("The heart monitor has a fast, galloping rhythm.", "Horse"),
        ("She taps the spines of old books and runs her fingers over them.", "Water tap, faucet"),
        ("A drip pump begins to sound.", "Drip"),
        ("Motorcycles accelerate past with a tearing roar.", "Tearing"),
        ("Then warm applause breaks out.", "Breaking"),
        ("A small boy sings to himself.", "Male singing"),
        ("The ball drops into the cup with a hollow rattle.", "Dishes, pots, and pans"),
        ("The gallery explodes: hundreds of people cheer.", "Explosion"),
        ("Wind roars over the microphone.", "Howl (wind)"),
        ("Rain drums faintly on the canvas while a fiddle plays a reel.", "Drum"),
        ("An engine surges and a siren starts to yelp.", "Engine starting"),
        ("Tires sing on wet asphalt.", "Singing"),
        ("Glass rains onto the road.", "Rain"),
        ("Snare drums rattle, and cymbals splash on the beat.", "Splash, splatter"),
        ("Somebody kicks over a bottle while a guitar plays.", "Bass drum"),
        ("A small dog explodes into frantic barking.", "Explosion"),
        ("Shrimp supply a bacon-frying crackle.", "Frying (food)"),
        ("Hawkers are crying their prices.", "Crying, sobbing"),
        ("The header reel clatters.", "Music"),
        ("An impact wrench chatters.", "Chatter"),
        ("A potter's wheel hums.", "Humming"),
        ("A loose traffic sign clatters.", "Traffic noise, roadway noise"),
        ("Ice is shaken in a cocktail shaker while a piano plays a ballad.", "Percussion"),
        ("The man on the floor groans.", "Creak"),
        ("Monks chant behind closed doors.", "Door"),
        ("There is a heartbeat of silence.", "Heart sounds, heartbeat"),
        ("She hums a few bars of a waltz.", "Music"),
        ("This documents a train departure, with announcement, melody and whistle.", "Train whistle"),
        ("A ripping, crackling thunder follows.", "Tearing"),
        ("Plastic trays stack with clacks.", "Dishes, pots, and pans"),
        ("A rock riff kicks in.", "Bass drum"),
        ("Switches are thrown in rapid succession, and steps run across the floor.", "Water"),
        ("A typewriter is used, and its keys strike with clacks.", "Computer keyboard"),
        ("The gavel comes down with a sharp wooden rap.", "Rapping"),
        ("A teenager hoots in triumph.", "Hoot"),
        ("A heavy rain of droplets patters on the rock.", "Rain"),
        ("The bedclothes whisper.", "Whispering"),
        ("A frying noise comes from the disc.", "Frying (food)"),
        ("An elephant does indeed trumpet while a ukulele plays a tune.", "Trumpet"),
        ("A toddler is drumming his heels on the cart while a pop tune plays.", "Drum"),
        ("A revolving door sighs.", "Sigh"),
        ("The whisper of silk is heard.", "Whispering"),
        ("He answers with a bark of laughter.", "Bark"),
        ("The director stops them with a rap of the baton.", "Rapping"),
        ("A piece of electronic interface sound is heard.", "Music"),
        ("A grand piano lid falls with a crash.", "Slam"),
        ("A tile is lifted with a suction cup and dropped with a clang.", "Dishes, pots, and pans"),
        ("The printer, an elderly man, speaks.", "Printer"),
        ("In a light tenor he says, “Hello.”", "Singing"),
        ("His leather pants are new.", "Pant"),
        ("Birds give alarm calls.", "Alarm"),
        ("The can is taken, and the flap swings shut.", "Flap"),
        ("A white-eye sings in the hedge.", "Singing"),
        ("A woman murmurs, crooning into its fur.", "Singing"),
        ("The room is crowded.", "Crowd"),
        ("A cough is followed by a crowing intake of breath.", "Crowing, cock-a-doodle-doo"),
        ("Dozens of hooves drum on turf.", "Tap"),
        ("A coot splutters.", "Cough"),
        ("The recording has a midrange honk.", "Vehicle horn, car horn, honking"),
        ("Electronic melodies collide.", "Smash, crash"),
        ("Sheets of paper are jogged and stacked.", "Run"),
        ("“Who is it?” she asks, alarmed.", "Alarm"),
        ("Eggshells and nut shells crunch.", "Artillery fire"),
        ("A motorcycle snarls through its gears.", "Gears"),
        ("Running feet tear through the undergrowth.", "Tearing"),
        ("A roll of drums is deep enough to rattle the camera.", "Rattle"),
        ("Breakers explode against the hull.", "Explosion"),
        ("The room hums with cheerful activity.", "Humming"),
        ("The piano is recorded with the lid open.", "Door"),
        ("A tuner adjusts the string of a piano.", "String section"),
        ("An indistinct voice pages somebody.", "Hubbub, speech noise, speech babble"),
        ("A pop song plays.", "Burst, pop"),
        ("Its bellows exhale in soft puffs.", "Bellow"),
        ("The commentator cries ecstatically, “He's done it!”", "Crying, sobbing"),
        ("The ship's horn then sounds, a single enormous blast that echoes.", "Explosion"),
        ("Heavy lorries thunder by.", "Thunder"),
        ("The wheels shriek as they bite into a curve.", "Biting"),
        ("Several clocks chatter on the wall.", "Chatter"),
        ("A fountain babbles in the garden.", "Hubbub, speech noise, speech babble"),
        ("Each impact comes back with a slap echo.", "Slap, smack"),
        ("A synthesizer plays, and the snares crack dryly.", "Crack"),
        ("The engine is apparently switched off.", "Engine"),
        ("Music is not piped in.", "Music"),
    ],
)
def test_does_not_take_the_thing_beside_for_the_thing_that_sounds(text, unwanted):
    assert unwanted not in tags(understand(text))


def test_every_class_in_the_tables_is_a_class_of_the_ontology():
    named = {
        name
        for row, column in (("sounds", 3), ("instruments", 1), ("genres", 1))
        for cells in table(row)
        for name in cells[column].split("|")
        if name != "-"
    }
    assert {name for name in named if identifier(name) is None} == set()


def test_every_set_of_things_that_a_sound_uses_exists():
    sets = {row[0] for row in table("sources")}
    used = {
        word.removeprefix("@") for row in table("sounds") for word in row[4].split() if word.startswith("@")
    }
    assert used - sets == set()
