// librdkafka, then its mock cluster: the second header insists on the first.
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
