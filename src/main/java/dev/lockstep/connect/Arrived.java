package dev.lockstep.connect;

import dev.lockstep.model.RowChange;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.sink.SinkRecord;

/** A change, and where it stands in its topic whatever a transform has made of that topic's name. */
record Arrived(RowChange change, TopicPartition partition, long offset) {

    static Arrived of(SinkRecord record, RowChange change) {
        return new Arrived(change, partition(record), record.originalKafkaOffset());
    }

    private static TopicPartition partition(SinkRecord record) {
        return new TopicPartition(record.originalTopic(), record.originalKafkaPartition());
    }
}
