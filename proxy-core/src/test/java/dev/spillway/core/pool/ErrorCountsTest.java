package dev.spillway.core.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ErrorCountsTest {
    @Test
    void errorsAreCountedByTheirClassAndWhatHasNoneTogether() {
        ErrorCounts counts = new ErrorCounts();
        for (String sqlstate : new String[] {"53300", "53400", "0A000", "ZZ001", "42", "", "42601x"}) {
            counts.add(sqlstate);
        }
        ErrorCounts more = new ErrorCounts();
        more.add("0A000");
        counts.add(more);

        assertThat(counts.byClass()).isEqualTo(Map.of("53", 2L, "0A", 2L, "other", 4L));
    }
}
