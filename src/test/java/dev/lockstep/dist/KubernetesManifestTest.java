package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lockstep.config.ConfigLoader;
import dev.lockstep.config.LockstepConfig;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** No cluster is at hand: what the manifest names is held against what there is in the product and in itself. */
class KubernetesManifestTest {

    private static final Map<String, Class<?>> KINDS = Map.of(
            "ConfigMap", ConfigMap.class,
            "Deployment", Deployment.class,
            "CronJob", CronJob.class,
            "Service", Service.class,
            "PodDisruptionBudget", PodDisruptionBudget.class,
            "NetworkPolicy", NetworkPolicy.class);
    private static final List<String> SECRETS = List.of("LOCKSTEP_DB_PASSWORD", "LOCKSTEP_TOKEN");

    /** Every key is one of Kubernetes' own, and of its type. */
    @Test
    void fitsTheSchema() throws Exception {
        JsonMapper strict = JsonMapper.builder()
                .annotationIntrospector(new JacksonAnnotationIntrospector() {
                    @Override
                    public Boolean hasAnySetter(Annotated property) {
                        return false; // the model takes what it does not know
                    }
                })
                .build();
        for (JsonNode document : Manifests.kubernetes()) {
            Class<?> type = KINDS.get(document.path("kind").asText());
            assertThat(strict.treeToValue(document, type)).isNotNull();
        }
    }

    @Test
    void whatIsNamedIsThere() throws Exception {
        List<String> names = new ArrayList<>();
        for (JsonNode document : Manifests.kubernetes()) {
            assertThat(document.path("apiVersion").asText()).isNotEmpty();
            assertThat(document.at("/metadata/namespace").asText()).isEqualTo("lockstep");
            names.add(document.path("kind").asText() + "/"
                    + document.at("/metadata/name").asText());
        }
        assertThat(names)
                .containsExactly(
                        "ConfigMap/lockstep",
                        "Deployment/lockstep",
                        "CronJob/lockstep-expand",
                        "Service/lockstep",
                        "PodDisruptionBudget/lockstep",
                        "NetworkPolicy/lockstep");
        JsonNode labels = Manifests.ofKind("Deployment").at("/spec/template/metadata/labels");
        assertThat(List.of(
                        Manifests.ofKind("Deployment").at("/spec/selector/matchLabels"),
                        Manifests.ofKind("Service").at("/spec/selector"),
                        Manifests.ofKind("PodDisruptionBudget").at("/spec/selector/matchLabels"),
                        Manifests.ofKind("NetworkPolicy").at("/spec/podSelector/matchLabels")))
                .containsOnly(labels);
        assertThat(Manifests.ofKind("CronJob").at("/spec/jobTemplate/spec/template/metadata/labels"))
                .as("a job is no endpoint of the service")
                .isNotEqualTo(labels);
    }

    /** The file is one that lockstep loads, where the image looks for it, with nothing but the secrets from the environment. */
    @Test
    void theConfigurationLoads() throws Exception {
        String yaml =
                Manifests.ofKind("ConfigMap").path("data").path("lockstep.yaml").asText();
        LockstepConfig config =
                ConfigLoader.parse("lockstep.yaml", yaml, Map.of(SECRETS.get(0), "p", SECRETS.get(1), "t"));
        JsonNode container = Manifests.ofKind("Deployment").at("/spec/template/spec/containers/0");
        assertThat(config.http().port())
                .isEqualTo(container.at("/ports/0/containerPort").asInt());
        assertThat(config.http().token()).isEqualTo("t");
        assertThat(container.at("/ports/0/name"))
                .isEqualTo(container.at("/readinessProbe/httpGet/port"))
                .isEqualTo(container.at("/livenessProbe/httpGet/port"))
                .isEqualTo(Manifests.ofKind("Service").at("/spec/ports/0/targetPort"));
        assertThat(Files.readString(Path.of("Dockerfile")))
                .contains("WORKDIR " + container.at("/volumeMounts/0/mountPath").asText())
                .contains("USER "
                        + Manifests.ofKind("Deployment")
                                .at("/spec/template/spec/securityContext/runAsUser")
                                .asText());
        assertThat(Files.readString(Queries.DIST.resolve("kubernetes/lockstep.yaml")))
                .contains(SECRETS.stream()
                        .map(name -> "--from-literal=" + name + "=")
                        .toList());
    }

    /** A new pod is a standby, and a standby is never ready in the sense of /health/ready: that must not hold up a rollout. */
    @Test
    void aStandbyHoldsUpNothing() throws Exception {
        JsonNode spec = Manifests.ofKind("Deployment").path("spec");
        JsonNode container = spec.at("/template/spec/containers/0");
        assertThat(spec.path("replicas").asInt()).isEqualTo(2);
        assertThat(spec.at("/strategy/rollingUpdate/maxUnavailable").asInt(-1)).isZero();
        assertThat(container.at("/readinessProbe/httpGet/path").asText()).isEqualTo("/health/live");
        assertThat(container.at("/livenessProbe/httpGet/path").asText()).isEqualTo("/health/live");
        assertThat(container.at("/livenessProbe/failureThreshold").asInt()
                        * container.at("/livenessProbe/periodSeconds").asInt())
                .as("a restart of the server has to be outlived")
                .isGreaterThanOrEqualTo(300);
        assertThat(spec.at("/template/spec/terminationGracePeriodSeconds").asInt())
                .isGreaterThan(25);
        assertThat(Manifests.ofKind("PodDisruptionBudget")
                        .at("/spec/minAvailable")
                        .asInt())
                .isEqualTo(1);
    }

    @Test
    void everyContainerIsConfined() throws Exception {
        for (JsonNode pod : List.of(
                Manifests.ofKind("Deployment").at("/spec/template/spec"),
                Manifests.ofKind("CronJob").at("/spec/jobTemplate/spec/template/spec"))) {
            JsonNode container = pod.at("/containers/0");
            assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
            assertThat(pod.path("automountServiceAccountToken").asBoolean(true)).isFalse();
            assertThat(container.at("/securityContext/readOnlyRootFilesystem").asBoolean())
                    .isTrue();
            assertThat(container.at("/securityContext/allowPrivilegeEscalation").asBoolean(true))
                    .isFalse();
            assertThat(container.at("/securityContext/capabilities/drop/0").asText())
                    .isEqualTo("ALL");
            assertThat(container.at("/resources/limits/memory").asText()).isEqualTo("512Mi");
            assertThat(container.at("/volumeMounts")).hasSameSizeAs(pod.path("volumes"));
        }
        assertThat(Files.readString(Queries.DIST.resolve("kubernetes/lockstep.yaml")))
                .as("secrets come from the Secret alone")
                .doesNotContain("kind: Secret\n");
    }
}
