package dev.lockstep.config;

import dev.lockstep.model.LockstepException;

/**
 * Where something stands in the configuration file, for messages.
 *
 * @param file as the user named it
 * @param line from 1
 * @param path full key path such as {@code mapping.tables[1].persona}; empty at the top
 */
record Place(String file, int line, String path) {

    Place key(String key, int atLine) {
        return new Place(file, atLine, path.isEmpty() ? key : path + "." + key);
    }

    Place item(int index, int atLine) {
        return new Place(file, atLine, path + "[" + index + "]");
    }

    /** {@code problem} continues the sentence that begins with the key path, and ends with the remedy. */
    LockstepException wrong(String problem) {
        return LockstepException.wrongInput(
                file + " line " + line + ": " + (path.isEmpty() ? "the file" : path) + " " + problem);
    }
}
