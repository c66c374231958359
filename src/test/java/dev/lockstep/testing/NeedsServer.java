package dev.lockstep.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Optional;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

/** Tests on a real server; where it cannot be had they are skipped, and the report says why. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NeedsServer.Condition.class)
public @interface NeedsServer {

    /** The official image. */
    String image();

    /** What {@code .ci/stores} fetches instead; empty where nothing can be. */
    String orPrepared() default "";

    /** Looks once for each class. */
    final class Condition implements ExecutionCondition {

        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            return context.getElement()
                    .flatMap(element -> AnnotationSupport.findAnnotation(element, NeedsServer.class))
                    .map(Condition::evaluate)
                    .orElseGet(() -> ConditionEvaluationResult.enabled("needs no server"));
        }

        private static ConditionEvaluationResult evaluate(NeedsServer needed) {
            String prepared = needed.orPrepared();
            if (!prepared.isEmpty() && PreparedStores.find(prepared).isPresent()) {
                return ConditionEvaluationResult.enabled("prepared");
            }
            Optional<String> whyNot = Containers.whyNot(needed.image());
            return whyNot.isEmpty()
                    ? ConditionEvaluationResult.enabled(needed.image())
                    : ConditionEvaluationResult.disabled(
                            whyNot.get() + (prepared.isEmpty() ? "" : ", and .ci/stores has not been run"));
        }
    }
}
