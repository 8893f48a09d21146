/* The front page stays as it is now: every few seconds its parts are asked for, and those that changed are
   exchanged, under the reader's hands as it were: focus, scrolling, what is unfolded and what is marked stay. */
(function () {
    "use strict";

    var EVERY = 15000, PATIENCE = 10000;
    var root = document.querySelector("#front");
    if (!root || !window.fetch || !window.AbortController) {
        return;
    }
    var state = document.querySelector("#front-state");
    var told = document.querySelector("#front-told");
    var etag = root.dataset.etag;
    var asOf = state.textContent.trim().replace("As of ", "");
    var timer = null, asking = false, pressed = null;

    function parts(from) {
        return Array.from(from.querySelectorAll("[data-part]"));
    }

    function needs(from) {
        var found = new Map();
        from.querySelectorAll(".fr-line").forEach(function (line) {
            found.set(line.dataset.key, line.querySelector("a").textContent.trim());
        });
        return found;
    }

    // ---- What it says of itself ------------------------------------------------------------------------

    // A screen reader hears what changed: the time alone is no news.
    function say(text, mood, link) {
        var known = state.dataset.mood;
        state.setAttribute("aria-live", known && known !== mood ? "polite" : "off");
        state.dataset.mood = mood;
        state.classList.toggle("fr-lost", mood !== "live");
        state.textContent = text;
        if (link) {
            var way = document.createElement("a");
            way.href = link;
            way.className = "op-link";
            way.textContent = "Log in";
            state.append(" ", way);
        }
    }

    function live() {
        say("As of " + asOf + ", kept up to date", "live");
    }

    // ---- Exchanging ------------------------------------------------------------------------------------

    function inside(part, node) {
        return Boolean(node) && part.contains(node);
    }

    // Whoever marks a text or holds the mouse down in a part keeps it: it is exchanged a little later.
    function isHeld(part) {
        var marked = document.getSelection();
        return inside(part, pressed) || (marked && !marked.isCollapsed && marked.rangeCount > 0 && marked.getRangeAt(0).intersectsNode(part));
    }

    // How to find an element again in what comes in its place: what it belongs to, and what it is there.
    function placeOf(part, element) {
        var owner = element.closest("[data-key]");
        var within = owner && part.contains(owner) ? owner : part;
        var same = Array.from(within.querySelectorAll("a[href], summary, button"));
        return { key: within === owner ? owner.dataset.key : "", href: element.getAttribute("href"), at: same.indexOf(element) };
    }

    function byKey(part, key) {
        return Array.from(part.querySelectorAll("[data-key]")).find(function (each) { return each.dataset.key === key; });
    }

    function focusAgain(part, place) {
        var within = place.key ? byKey(part, place.key) : part;
        var same = within ? Array.from(within.querySelectorAll("a[href], summary, button")) : [];
        var found = same.find(function (each) { return place.href && each.getAttribute("href") === place.href; }) || (place.key ? same[place.at] : null);
        if (!found) {
            // It is gone: the reader goes on at the head of the part, not at the head of the page.
            found = part.querySelector("h2") || part;
            found.setAttribute("tabindex", "-1");
        }
        found.focus({ preventScroll: true });
    }

    function exchange(old, fresh) {
        var active = document.activeElement;
        var place = inside(old, active) ? placeOf(old, active) : null;
        var open = new Map();
        old.querySelectorAll("details[data-key]").forEach(function (each) {
            open.set(each.dataset.key, each.open);
        });
        old.replaceChildren.apply(old, Array.from(fresh.childNodes));
        old.dataset.digest = fresh.dataset.digest;
        old.querySelectorAll("details[data-key]").forEach(function (each) {
            if (open.has(each.dataset.key)) {
                each.open = open.get(each.dataset.key);
            }
        });
        if (place) {
            focusAgain(old, place);
        }
    }

    // The first thing that the reader sees whole, and where it stands in the window.
    function anchor() {
        var seen = Array.from(root.querySelectorAll("[data-key], [data-part]")).find(function (each) {
            var box = each.getBoundingClientRect();
            return box.height > 0 && box.top >= 0 && box.top < window.innerHeight;
        });
        return seen && window.scrollY > 0 ? { key: seen.dataset.key, part: seen.dataset.part, top: seen.getBoundingClientRect().top } : null;
    }

    function scrollBack(before) {
        var found = before && (before.key ? byKey(root, before.key) : root.querySelector('[data-part="' + before.part + '"]'));
        if (found) {
            window.scrollBy({ top: found.getBoundingClientRect().top - before.top, behavior: "instant" });
        }
    }

    // Returns whether everything that changed is shown now.
    function show(fresh) {
        var known = new Map(parts(root).map(function (part) { return [part.dataset.part, part]; }));
        var before = anchor(), waited = needs(root), all = true, previous = null;
        parts(fresh).forEach(function (part) {
            var old = known.get(part.dataset.part);
            known.delete(part.dataset.part);
            if (!old) {
                old = part;
                root.insertBefore(old, previous ? previous.nextSibling : root.firstChild);
            } else if (old.dataset.digest !== part.dataset.digest) {
                if (isHeld(old)) {
                    all = false;
                } else {
                    exchange(old, part);
                }
            }
            previous = old;
        });
        known.forEach(function (part) {
            part.remove();
        });
        scrollBack(before);
        announce(waited);
        return all;
    }

    function announce(waited) {
        var fresh = [];
        needs(root).forEach(function (text, key) {
            if (!waited.has(key)) {
                fresh.push(text);
                byKey(root, key).classList.add("fr-new");
            }
        });
        if (fresh.length) {
            var more = fresh.length > 3 ? ", and " + (fresh.length - 3) + " more" : "";
            told.textContent = "Needs you now: " + fresh.slice(0, 3).join("; ") + more + ".";
        }
    }

    // ---- Asking ----------------------------------------------------------------------------------------

    function taken(response, text) {
        asOf = response.headers.get("As-Of") || asOf;
        if (response.status === 200) {
            var fresh = new DOMParser().parseFromString(text, "text/html").querySelector("#front-fresh");
            if (!fresh) {
                throw new Error("no parts");
            }
            if (fresh.dataset.person !== root.dataset.person) {
                // Another person has signed in meanwhile: nothing of the first one's page stays.
                window.location.reload();
                return;
            }
            if (show(fresh)) {
                etag = response.headers.get("ETag");
            }
        }
        live();
    }

    function ask() {
        if (asking || document.hidden) {
            return;
        }
        asking = true;
        clearTimeout(timer);
        var patience = new AbortController();
        var late = setTimeout(function () { patience.abort(); }, PATIENCE);
        fetch(root.dataset.url, { headers: { "If-None-Match": etag }, credentials: "same-origin", redirect: "error", cache: "no-store", signal: patience.signal })
            .then(function (response) {
                if (response.status === 403) {
                    say("You are signed out. What you see is as of " + asOf + ".", "out", root.dataset.login);
                    return;
                }
                if (response.status !== 200 && response.status !== 304) {
                    throw new Error("status " + response.status);
                }
                return response.text().then(function (text) { taken(response, text); });
            })
            .catch(function () {
                say("The connection is lost: what you see is as of " + asOf + ". Trying again.", "lost");
            })
            .finally(function () {
                clearTimeout(late);
                asking = false;
                timer = setTimeout(ask, EVERY);
            });
    }

    document.addEventListener("visibilitychange", ask);
    document.addEventListener("pointerdown", function (event) { pressed = event.target; });
    ["pointerup", "pointercancel"].forEach(function (name) {
        // The click comes after it.
        document.addEventListener(name, function () { setTimeout(function () { pressed = null; }, 0); });
    });
    window.addEventListener("online", ask);
    // Whoever goes back finds the page as they left it.
    window.addEventListener("pageshow", function (event) {
        if (event.persisted) {
            ask();
        }
    });
    live();
    timer = setTimeout(ask, EVERY);
})();
