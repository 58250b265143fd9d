# shellcheck shell=bash
# The nodes of Tests/Kafka/run and Tests/Kafka/nodes, which source this: their settings, their start, and how one sees that
# they are there.
# shellcheck disable=SC2154 # home, state, nodes and pids are set there.

# Ports that nobody listens on, below those that connections going out are given.
free_ports() { # how many
    python3 - "$1" <<'P'
import random, socket, sys
held = []
for port in random.sample(range(20_000, 32_000), 2_000):
    if len(held) == int(sys.argv[1]):
        break
    probe = socket.socket()
    try:
        probe.bind(("127.0.0.1", port))
        held.append(probe)
    except OSError:
        probe.close()
else:
    sys.exit("no free ports from 20000 to 31999")
print(*(probe.getsockname()[1] for probe in held))
P
}

# Of each node: everything is allowed; logins without encryption; logins over TLS; certificates; the nodes among themselves.
take_ports() {
    local ports node
    read -r -a ports <<<"$(free_ports $((5 * nodes)))"
    [ "${#ports[@]}" -eq $((5 * nodes)) ] || stop 69 "no free ports"
    open=() secured=() encrypted=() certified=() controller=()
    for node in $(seq "$nodes"); do
        open[node]=${ports[5 * node - 5]} secured[node]=${ports[5 * node - 4]} encrypted[node]=${ports[5 * node - 3]}
        certified[node]=${ports[5 * node - 2]} controller[node]=${ports[5 * node - 1]}
    done
}

bootstrap() { # ports
    printf '127.0.0.1:%s\n' "$@" | paste -s -d ,
}

# An authority, and two that it answers for: the nodes, and the user "admin".
certificates() {
    local folder="$state/tls" name
    mkdir "$folder"
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout "$folder/authority.key" \
        -out "$folder/authority.pem" 2>/dev/null
    for name in node admin; do
        openssl req -newkey rsa:2048 -nodes -subj "/CN=$name" -keyout "$folder/$name.key" 2>/dev/null |
            openssl x509 -req -CA "$folder/authority.pem" -CAkey "$folder/authority.key" -CAcreateserial -days 2 \
                -extfile <(echo subjectAltName=DNS:localhost,IP:127.0.0.1) -out "$folder/$name.pem" 2>/dev/null
    done
    # A node reads its key and what stands for it from one file.
    openssl pkcs8 -topk8 -nocrypt -in "$folder/node.key" | cat - "$folder/node.pem" >"$folder/node.store"
}

# The users are those of the tests, each its own password; who comes without a login may do everything.
properties() { # node
    local users='' name voters='' node two=$((nodes < 3 ? 1 : 2))
    for name in admin worker coordinator camera operator reader stranger; do users+=" user_$name=\"$name\""; done
    for node in $(seq "$nodes"); do voters+="${voters:+,}$node@127.0.0.1:${controller[node]}"; done
    cat <<P
process.roles=broker,controller
node.id=$1
controller.quorum.voters=$voters
listeners=$(listeners "$1"),CONTROLLER://127.0.0.1:${controller[$1]}
advertised.listeners=$(listeners "$1")
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL,SSL:SSL,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
$(for listener in sasl_plaintext sasl_ssl; do
    echo "listener.name.$listener.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required$users;"
    for kind in 256 512; do
        echo "listener.name.$listener.scram-sha-$kind.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;"
    done
done)
ssl.keystore.type=PEM
ssl.keystore.location=$state/tls/node.store
ssl.truststore.type=PEM
ssl.truststore.location=$state/tls/authority.pem
listener.name.ssl.ssl.client.auth=required
ssl.principal.mapping.rules=RULE:^CN=([^,]+).*$/\$1/
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:admin;User:ANONYMOUS
log.dirs=$state/node$1/log
auto.create.topics.enable=false
default.replication.factor=$nodes
min.insync.replicas=$two
offsets.topic.replication.factor=$nodes
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=$nodes
transaction.state.log.min.isr=$two
transaction.state.log.num.partitions=8
group.initial.rebalance.delay.ms=500
log.cleaner.backoff.ms=2000
log.retention.check.interval.ms=5000
log.segment.delete.delay.ms=1000
P
}

listeners() { # node
    echo "PLAINTEXT://127.0.0.1:${open[$1]},SASL_PLAINTEXT://127.0.0.1:${secured[$1]},SASL_SSL://127.0.0.1:${encrypted[$1]},SSL://127.0.0.1:${certified[$1]}"
}

# Kafka 4 reads the first, Kafka 3 the second.
logging=("$PWD/Tests/Kafka/log4j2.xml" "$PWD/Tests/Kafka/log4j.properties")

# A node that is often started anew is there in half the time without the second compiler; one that is measured has it.
quick=(-XX:+UseSerialGC -XX:TieredStopAtLevel=1)

java_of_kafka() { # command before it, class, arguments
    exec "$1" java -Xms200m -Xmx700m ${quick[@]+"${quick[@]}"} -Dlog4j2.configurationFile="${logging[0]}" \
        -Dlog4j.configuration="file:${logging[1]}" -cp "$home/libs/*" "${@:2}"
}

start() { # node
    local folder="$state/node$1"
    [ -d "$state/tls" ] || certificates
    mkdir "$folder"
    properties "$1" >"$folder/server.properties"
    # One name for all nodes; it has to be 16 bytes in base64. Logins by SCRAM are kept in the log (Kafka 3.5 and later).
    (java_of_kafka env kafka.tools.StorageTool format -t MkU3OEVBNTcwNTJENDM2Qg -c "$folder/server.properties" \
        --add-scram 'SCRAM-SHA-256=[name=admin,password=admin]' --add-scram 'SCRAM-SHA-512=[name=admin,password=admin]') \
        >"$folder/output" 2>&1 || stop 69 "the log of node $1 can not be made"
    again "$1"
}

# With the log that it has.
again() { # node
    # In a session of its own: an interrupt at the terminal comes to this script, which stops the nodes.
    (java_of_kafka setsid kafka.Kafka "$state/node$1/server.properties") >>"$state/node$1/output" 2>&1 </dev/null &
    pids[$1 - 1]=$!
    disown
}

# Every node answers and knows all the others.
wait_for_nodes() {
    local node known
    while [ "$SECONDS" -lt 120 ]; do
        known=0
        for node in $(seq "$nodes"); do
            kill -0 "${pids[node - 1]}" 2>/dev/null || stop 69 "node $node has ended"
            [ "$(timeout 10 kcat -L -m 5 -b "127.0.0.1:${open[node]}" 2>/dev/null | grep -c '^  broker ')" != "$nodes" ] ||
                known=$((known + 1))
        done
        [ "$known" -ne "$nodes" ] || return 0
        sleep 0.5
    done
    stop 69 "not every node answers after two minutes"
}

offer_tool() { # name, class
    cat >"$state/bin/$1" <<T
#!/bin/sh
exec java -Dlog4j2.configurationFile='${logging[0]}' -cp '$home/libs/*' $2 "\$@"
T
    chmod +x "$state/bin/$1"
}

# Kafka's own commands, as a download has them: tests run what `topics acls` prints, move the offsets of a
# group, and delete what nobody has read.
offer_tools() {
    if [ -x "$home/bin/kafka-acls.sh" ]; then
        PATH=$home/bin:$PATH
        return
    fi
    mkdir "$state/bin"
    offer_tool kafka-acls.sh org.apache.kafka.tools.AclCommand
    offer_tool kafka-consumer-groups.sh org.apache.kafka.tools.consumer.group.ConsumerGroupCommand
    offer_tool kafka-configs.sh kafka.admin.ConfigCommand
    offer_tool kafka-delete-records.sh org.apache.kafka.tools.DeleteRecordsCommand
    PATH=$state/bin:$PATH
}
