package dev.lockstep.config;

import dev.lockstep.model.LockstepException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;

/** Reads the one configuration file. Stateless; touches nothing but that file. */
public final class ConfigLoader {

    private ConfigLoader() {}

    /**
     * The configuration with every default filled in.
     *
     * @param file the YAML file
     * @param environment what {@code ${NAME}} is looked up in
     * @throws LockstepException of kind WRONG_INPUT naming file, line, key and remedy
     */
    public static LockstepConfig load(Path file, Map<String, String> environment) {
        return parse(file.toString(), contents(file), environment);
    }

    /** As {@link #load}, from text; {@code file} is its name in messages. */
    public static LockstepConfig parse(String file, String yaml, Map<String, String> environment) {
        return ConfigSections.config(YamlTree.read(file, yaml, environment));
    }

    private static String contents(Path file) {
        try {
            return Files.readString(file);
        } catch (NoSuchFileException e) {
            throw unreadable(file, "there is no such file; write one, or name yours with -c FILE");
        } catch (AccessDeniedException e) {
            throw unreadable(file, "permission denied; let this user read it");
        } catch (CharacterCodingException e) {
            throw unreadable(file, "it is not UTF-8 text; save it as UTF-8");
        } catch (IOException e) {
            throw unreadable(file, "it cannot be read as a file; name a YAML file with -c FILE");
        }
    }

    private static LockstepException unreadable(Path file, String why) {
        return LockstepException.wrongInput("configuration " + file + ": " + why);
    }
}
