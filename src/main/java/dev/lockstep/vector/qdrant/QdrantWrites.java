package dev.lockstep.vector.qdrant;

import dev.lockstep.vector.Edit;
import io.qdrant.client.grpc.Common.PointId;
import io.qdrant.client.grpc.Points.PointsIdsList;
import io.qdrant.client.grpc.Points.PointsSelector;
import io.qdrant.client.grpc.Points.PointsUpdateOperation;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Edits as operations of one batch; pure. */
final class QdrantWrites {

    private QdrantWrites() {}

    /** The edits by id; those whose id Qdrant cannot have are left out. */
    static Map<PointId, Edit> byId(List<Edit> edits) {
        Map<PointId, Edit> byId = new LinkedHashMap<>();
        for (Edit edit : edits) {
            QdrantPoints.id(edit.id()).ifPresent(id -> byId.put(id, edit));
        }
        return byId;
    }

    static Collection<PointId> stamped(Map<PointId, Edit> edits) {
        return edits.entrySet().stream()
                .filter(edit -> edit.getValue() instanceof Edit.Stamp)
                .map(Map.Entry::getKey)
                .toList();
    }

    /** @param there points that exist: a stamp of another would make the server give up the rest of the batch */
    static List<PointsUpdateOperation> operations(Map<PointId, Edit> edits, Set<PointId> there) {
        List<PointsUpdateOperation> operations = new ArrayList<>();
        edits.forEach((id, edit) -> {
            if (edit instanceof Edit.Removal) {
                operations.add(removal(id));
            } else if (edit instanceof Edit.Stamp stamp && there.contains(id)) {
                if (!stamp.unset().isEmpty()) {
                    operations.add(unset(id, stamp));
                }
                if (!stamp.set().isEmpty()) {
                    operations.add(set(id, stamp));
                }
            }
        });
        return operations;
    }

    private static PointsUpdateOperation set(PointId id, Edit.Stamp stamp) {
        PointsUpdateOperation.SetPayload.Builder set =
                PointsUpdateOperation.SetPayload.newBuilder().setPointsSelector(only(id));
        stamp.set().forEach((key, value) -> set.putPayload(key, QdrantPoints.value(value)));
        return PointsUpdateOperation.newBuilder().setSetPayload(set).build();
    }

    private static PointsUpdateOperation unset(PointId id, Edit.Stamp stamp) {
        PointsUpdateOperation.DeletePayload.Builder unset =
                PointsUpdateOperation.DeletePayload.newBuilder().setPointsSelector(only(id));
        stamp.unset().forEach(key -> unset.addKeys(QdrantPoints.path(key)));
        return PointsUpdateOperation.newBuilder().setDeletePayload(unset).build();
    }

    private static PointsUpdateOperation removal(PointId id) {
        return PointsUpdateOperation.newBuilder()
                .setDeletePoints(PointsUpdateOperation.DeletePoints.newBuilder().setPoints(only(id)))
                .build();
    }

    private static PointsSelector only(PointId id) {
        return PointsSelector.newBuilder()
                .setPoints(PointsIdsList.newBuilder().addIds(id))
                .build();
    }
}
