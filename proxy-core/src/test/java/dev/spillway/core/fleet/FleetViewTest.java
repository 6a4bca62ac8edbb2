package dev.spillway.core.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Layer (c): who is a member, by what PostgreSQL shows. */
class FleetViewTest {
    private final FleetView view = new FleetView();

    private void add(int process, String id, String query) {
        view.add(List.of(Integer.toString(process), "spillway:shop:" + id + ":30:2:12", "100", query));
    }

    private List<Integer> members() {
        return view.members().stream().map(Member::processId).toList();
    }

    @Test
    void whoeverSpeaksIsAMember() {
        add(1, "0000000a", "/*servers 1,2,3*/SELECT 1");
        add(4, "0000000b", "SELECT 1");
        assertThat(view.dropForged(List.of(7, 8))).isEmpty();
        assertThat(members()).containsExactly(1, 4);
        assertThat(view.open()).isEqualTo(4);
    }

    @Test
    void numbersInTheQueryItselfAreNoServers() {
        add(1, "0000000a", "/*servers 1,2*/SELECT 4, 5");
        add(4, "0000000b", "SELECT 1");
        assertThat(view.dropForged(List.of())).isEmpty();
        assertThat(view.members().getFirst().servers()).containsExactly(1, 2);
    }

    @Test
    void aMemberThatHasMoreThanItMayHasWhatItHas() {
        view.add(List.of("1", "spillway:shop:0000000a:30:9:3", "100", "SELECT 1"));
        assertThat(view.members().getFirst().claim()).isEqualTo(9);
    }

    @Test
    void aServerOfOursIsNoMemberWhateverItsClientCallsIt() {
        add(1, "0000000a", "SELECT 1");
        add(7, "0000000b", "SELECT 1");
        assertThat(view.dropForged(List.of(7, 8))).containsExactly(7);
        assertThat(members()).containsExactly(1);
    }

    @Test
    void aServerOfAMemberIsNoneEither() {
        add(3, "0000000b", "SELECT 1");
        add(1, "0000000a", "/*servers 1,2,3*/SELECT 1");
        assertThat(view.dropForged(List.of())).containsExactly(3);
        assertThat(members()).containsExactly(1);
    }
}
