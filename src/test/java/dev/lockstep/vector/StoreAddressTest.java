package dev.lockstep.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.model.LockstepException;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;

class StoreAddressTest {

    @Test
    void showsNothingSecret() {
        assertThat(StoreAddress.of(URI.create("https://user:s3cret@host/path?token=s3cret"), 6334))
                .isEqualTo("https://host:6334");
        assertThat(StoreAddress.of(URI.create("http://127.0.0.1:8000/"), -1)).isEqualTo("http://127.0.0.1:8000");
        assertThat(StoreAddress.of(URI.create("https://host"), -1)).isEqualTo("https://host");
    }

    @Test
    void refusesWhatIsNoServer() {
        for (String url : List.of("host:8000", "ftp://host", "http://chroma_db:8000", "/path")) {
            assertThatThrownBy(() -> StoreAddress.of(URI.create(url), -1))
                    .isInstanceOf(LockstepException.class)
                    .hasMessageContaining("http://");
        }
    }
}
