package dev.lockstep.capture.debezium;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.config.ConfigLoader;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.ServerAddress;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.TableName;
import dev.lockstep.sql.LegacyShapes;
import dev.lockstep.testing.LegacySchema;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class EnginePropertiesTest {

    @Test
    void howTheServerIsReachedIsPassedOn() {
        Properties engine = of("jdbc:postgresql://one:1,two:2/app?sslmode=verify-full&sslrootcert=%2Fca.pem&sslcert=c"
                + "&sslkey=k&sslpassword=s&channelBinding=require&connectTimeout=7&socketTimeout=9&password=wrong");
        assertThat(engine)
                .containsEntry("database.hostname", "two")
                .containsEntry("database.port", "2")
                .containsEntry("database.dbname", "app")
                .containsEntry("database.password", "right")
                .containsEntry("database.sslmode", "verify-full")
                .containsEntry("database.sslrootcert", "/ca.pem")
                .containsEntry("database.sslcert", "c")
                .containsEntry("database.sslkey", "k")
                .containsEntry("database.sslpassword", "s")
                .containsEntry("database.channelBinding", "require")
                .containsEntry("database.connectTimeout", "7")
                .containsEntry("database.socketTimeout", "20"); // ours: the URL's may end a quiet stream
    }

    @Test
    void tablesAreNamedToTheLetter() {
        String[] tables = of("jdbc:postgresql://two/app")
                .getProperty("table.include.list")
                .split(",", -1);
        assertThat(tables).hasSize(4);
        assertThat(Pattern.matches(tables[0], "public.Personas")).isTrue();
        assertThat(EngineProperties.regex(new TableName("a", "b\\,\"ü$")))
                .doesNotContain(",", "\"", "ü")
                .matches(regex -> Pattern.matches(regex, "a.b\\,\"ü$"));
    }

    private static final Mapping MAPPING =
            MappingResolver.resolve(LegacySchema.PASCAL.spec(), LegacyShapes.of(LegacySchema.PASCAL));

    private static Properties of(String url) {
        LockstepConfig config =
                ConfigLoader.parse("f", "database: {url: '" + url + "', user: app, password: right}", Map.of());
        return EngineProperties.of(config, new ServerAddress("two", 2), MAPPING, new Lsn(1), "p", "s", false);
    }
}
