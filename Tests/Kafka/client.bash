# shellcheck shell=bash
# The client library of Tests/Kafka/run, which sources this: a librdkafka that is newer than the distribution's.
# shellcheck disable=SC2154 # client is set there.

# What --client current means: this release of PyPI's confluent-kafka, which carries librdkafka 2.16.0.
client_current=2.16.1

client_folder() { echo "$PWD/.build/clients/$client"; }

# The package as pip finds it for this machine, unpacked, kept. Nothing of it is installed anywhere.
fetch_client() {
    local folder library
    [ -n "$client" ] || return 0
    folder=$(client_folder)
    [ ! -e "$folder/confluent_kafka.libs/librdkafka.so.1" ] || return 0
    rm -rf "$folder"
    mkdir -p "$folder/wheel"
    python3 -m pip --version >/dev/null 2>&1 || stop 69 "--client needs pip: apt-get install python3-pip"
    say "fetching confluent-kafka $client"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
        --dest "$folder/wheel" "confluent-kafka==$client" ||
        stop 69 "pip finds no confluent-kafka $client for this machine"
    python3 -m zipfile -e "$folder"/wheel/*.whl "$folder"
    rm -r "$folder/wheel"
    library=$(compgen -G "$folder/confluent_kafka.libs/librdkafka-*.so*" | head -n 1) ||
        stop 69 "confluent-kafka $client carries no librdkafka of its own"
    # The name that programs ask for, last: it says that the folder is whole. What the library itself needs lies beside it.
    ln -s "$(basename "$library")" "$folder/confluent_kafka.libs/librdkafka.so.1"
}

# The folder that a program has to look into first; nothing without --client. Ends when the program would not take it.
library_of_client() { # program
    local folder version
    [ -n "$client" ] || return 0
    folder=$(client_folder)/confluent_kafka.libs
    LD_LIBRARY_PATH=$folder ldd "$1" | grep -qF "$folder/librdkafka.so.1" ||
        stop 69 "$1 does not take $folder/librdkafka.so.1"
    version=$(LD_LIBRARY_PATH=$folder "$1" --version | grep '^librdkafka ') ||
        stop 69 "$1 does not run with $folder/librdkafka.so.1"
    say "the programs run with $version instead of $("$1" --version | grep '^librdkafka ')"
    echo "$folder"
}
