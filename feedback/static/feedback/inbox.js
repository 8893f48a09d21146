/* Keys for the inbox and for a ticket's page. What each key does stands in the help dialog of the page. */
(function () {
    "use strict";

    var OFF = "tickets.keys.off";
    var HERE = "tk-here";

    function storage(action, value) {
        // A browser may forbid it.
        try {
            return action === "get" ? localStorage.getItem(OFF) : localStorage.setItem(OFF, value);
        } catch (refused) {
            return null;
        }
    }

    function isTyping(target) {
        return target.closest("input:not([type=checkbox]), textarea, select, [contenteditable], dialog[open], [role=dialog]:not(#changelist-filter)") !== null;
    }

    function rows() {
        return Array.prototype.slice.call(document.querySelectorAll("#result_list tr.data-row"));
    }

    function here() {
        return document.querySelector("#result_list tr." + HERE);
    }

    function stand(row) {
        var before = here();
        if (before) {
            before.classList.remove(HERE);
        }
        if (row) {
            row.classList.add(HERE);
            row.querySelector(".tk-title").focus();
            row.scrollIntoView({block: "nearest"});
        }
    }

    function move(by) {
        var all = rows();
        if (all.length) {
            var place = all.indexOf(here());
            stand(all[Math.max(0, Math.min(all.length - 1, place + by))]);
        }
    }

    function box(row) {
        return row.querySelector("input.action-select");
    }

    function go(address) {
        if (address) {
            window.location.assign(address);
        }
    }

    function ticked() {
        return document.querySelector("#result_list input.action-select:checked") !== null;
    }

    // The list's own form, as if the action had been chosen and confirmed by hand.
    function together(operation) {
        var select = document.querySelector("#changelist-form select[name=action]");
        if (select && Array.prototype.some.call(select.options, function (option) { return option.value === operation; })) {
            select.value = operation;
            select.form.requestSubmit ? select.form.requestSubmit() : select.form.submit();
        }
    }

    function operate(help, entry) {
        if (!help.dataset.ticket && ticked()) {
            together(entry.dataset.together);
            return;
        }
        var row = here();
        var pk = help.dataset.ticket || (row && box(row) && box(row).value);
        if (pk) {
            go(help.dataset.operate.replace("NAME", entry.dataset.operation) + "?object=" + encodeURIComponent(pk));
        }
    }

    function onPage(key, help) {
        if (key === "j") {
            go(help.dataset.next);
        } else if (key === "k") {
            go(help.dataset.previous);
        } else if (key === "u") {
            go(help.dataset.inbox);
        } else {
            return false;
        }
        return true;
    }

    function onList(key) {
        var row = here();
        if (key === "j" || key === "k") {
            move(key === "j" ? 1 : -1);
        } else if (key === "x" && row && box(row)) {
            box(row).click();
        } else if (key === "o" && row) {
            row.querySelector(".tk-title").click();
        } else if (key === "/" && document.querySelector("#searchbar")) {
            document.querySelector("#searchbar").focus();
        } else {
            return false;
        }
        return true;
    }

    function press(event) {
        var help = document.querySelector("#tk-help");
        if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target)) {
            return;
        }
        if (event.key === "?") {
            event.preventDefault();
            help.showModal();
            return;
        }
        if (storage("get") === "1") {
            return;
        }
        if (help.dataset.ticket ? onPage(event.key, help) : onList(event.key)) {
            event.preventDefault();
            return;
        }
        var entry = help.querySelector("[data-key='" + CSS.escape(event.key) + "']");
        if (entry) {
            event.preventDefault();
            operate(help, entry);
        }
    }

    document.addEventListener("DOMContentLoaded", function () {
        var help = document.querySelector("#tk-help");
        var button = document.querySelector("#tk-help-open");
        var keys = document.querySelector("#tk-keys-on");
        if (!help || !help.showModal) {
            return;
        }
        button.hidden = false;
        button.addEventListener("click", function () {
            help.showModal();
        });
        keys.checked = storage("get") !== "1";
        keys.addEventListener("change", function () {
            storage("set", keys.checked ? "" : "1");
        });
        rows().forEach(function (row) {
            row.addEventListener("focusin", function () {
                if (here() !== row) {
                    stand(null);
                    row.classList.add(HERE);
                }
            });
        });
        document.addEventListener("keydown", press);
    });
})();
