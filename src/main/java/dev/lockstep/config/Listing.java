package dev.lockstep.config;

import java.util.List;

/** A list. */
record Listing(Place place, List<Node> items) implements Node {

    Listing {
        items = List.copyOf(items);
    }

    @Override
    public String kind() {
        return "a list";
    }
}
