package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every page of {@code docs/operating}: what of it is run, where it leads, and that there is a test that runs it. */
class RunbookPagesTest {

    private static final Pattern LINK = Pattern.compile("]\\(([^)#:]+)(#[^)]*)?\\)");

    @Test
    void everyBlockIsRunOrSaysWhyNot() throws IOException {
        for (Path page : pages()) {
            for (Runbook.Block block : Runbook.blocks(page)) {
                assertThat(block.language()).as("a block of %s", page).isIn("sh", "sql", "text");
                if (block.language().equals("text")) {
                    assertThat(block.text()).as(page.toString()).containsPattern("not run by (a|the) test");
                }
            }
        }
    }

    @Test
    void everyPageIsRun() throws IOException {
        String test = Files.readString(Path.of("src/test/java/dev/lockstep/dist/RunbooksIT.java"));
        for (Path page : pages()) {
            assertThat(test).contains("Runbook.open(\"" + page.getFileName() + "\"");
        }
    }

    @Test
    void everyLinkLeadsSomewhere() throws IOException {
        for (Path page : pages()) {
            LINK.matcher(Files.readString(page))
                    .results()
                    .forEach(link -> assertThat(
                                    page.resolveSibling(link.group(1)).normalize())
                            .as("a link of %s", page)
                            .exists());
        }
    }

    @Test
    void everyPageIsInTheIndex() throws IOException {
        String index = Files.readString(Runbook.FOLDER.resolve("README.md"));
        assertThat(pages())
                .extracting(page -> page.getFileName().toString())
                .filteredOn(name -> !name.equals("README.md"))
                .allSatisfy(name -> assertThat(index).contains("](" + name + ")"));
    }

    private static List<Path> pages() throws IOException {
        try (Stream<Path> files = Files.list(Runbook.FOLDER)) {
            return files.sorted().toList();
        }
    }
}
