// librdkafka, then its mock cluster: the second header insists on the first.
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

// One error of one node of a mock cluster, for one request of a kind: Swift calls no variadic functions.
static inline rd_kafka_resp_err_t hsf_mock_node_push_request_error(
    rd_kafka_mock_cluster_t *cluster, int32_t node, int16_t request, rd_kafka_resp_err_t error) {
    return rd_kafka_mock_broker_push_request_error_rtts(cluster, node, request, 1, error, 0);
}
