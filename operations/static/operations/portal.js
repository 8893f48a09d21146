/* Repairs for a keyboard and for a screen reader where the admin's theme is made for a mouse. */
(function () {
    "use strict";

    // The icon font spells its icons: "pause Pause" is read aloud. An icon that is itself the control keeps its voice.
    function muteIcons(root) {
        root.querySelectorAll(".material-symbols-outlined").forEach(function (icon) {
            if (!icon.hasAttribute("role") && !icon.hasAttribute("x-on:click")) {
                icon.setAttribute("aria-hidden", "true");
            }
        });
    }

    // A link that is nothing but an icon has lost its name by now.
    function nameByIcon(link) {
        var icon = link.querySelector(".material-symbols-outlined");
        if (!icon || link.title || link.hasAttribute("aria-label")) {
            return;
        }
        if (link.textContent.trim() === icon.textContent.trim()) {
            var home = link.closest("#nav-sidebar") !== null;
            link.setAttribute("aria-label", home ? "Overview" : icon.textContent.trim().replace(/_/g, " "));
        }
    }

    // A control made of a span or of a link without an address: name it, focus it, and let keys click it.
    function makeButton(element, label) {
        if (!element || element.dataset.opButton) {
            return;
        }
        element.dataset.opButton = "1";
        element.setAttribute("role", "button");
        element.setAttribute("tabindex", "0");
        element.removeAttribute("aria-hidden");
        if (label) {
            element.setAttribute("aria-label", label);
        }
        element.addEventListener("keydown", function (event) {
            if (event.key === "Enter" || event.key === " ") {
                event.preventDefault();
                element.click();
            }
        });
    }

    function nameDialog(element, label) {
        if (element) {
            element.setAttribute("role", "dialog");
            element.setAttribute("aria-label", label);
        }
    }

    function repair() {
        var toggles = document.querySelectorAll("#header-inner .material-symbols-outlined[x-on\\:click*='sidebar']");
        toggles.forEach(function (toggle) {
            makeButton(toggle, "Show or hide the navigation");
        });
        makeButton(document.querySelector("#nav-sidebar .material-symbols-outlined[x-on\\:click*='sidebarMobileOpen']"), "Close the navigation");
        makeButton(document.querySelector("[x-on\\:click*='openUserLinks = !']"), "Account: theme, password, log out");
        makeButton(document.querySelector("[x-on\\:click*='openTheme = !']"), "Theme");
        document.querySelectorAll("a[x-on\\:click*='switchTheme'], a[x-on\\:click^='adminTheme']").forEach(function (link) {
            makeButton(link, "");
        });
        makeButton(document.querySelector("a[x-on\\:click*='filterOpen = true']"), "Filters");
        var submit = document.querySelector("#searchbar-submit");
        if (submit) {
            submit.setAttribute("aria-label", "Search");
        }
        nameDialog(document.querySelector("[x-data='searchCommand()']"), "Search everywhere");
        document.querySelectorAll(".changelist-actions select, select[name='action']").forEach(function (select) {
            select.setAttribute("aria-label", "Action for the ticked rows");
        });
        var search = document.querySelector("#searchbar");
        if (search && !search.hasAttribute("aria-label")) {
            search.setAttribute("aria-label", "Search this list");
        }
        nameDialog(document.querySelector("#changelist-filter"), "Filters");
        nameDialog(document.querySelector("#modal-content"), "Confirm");
        muteIcons(document);
        document.querySelectorAll("a[href], button").forEach(nameByIcon);
    }

    // A part of the page that could not be exchanged: what was entered stays, and the reason stands beside it.
    function tell(element, text) {
        var old = document.querySelector("#op-told");
        if (old) {
            old.remove();
        }
        var told = document.createElement("p");
        told.id = "op-told";
        told.className = "op-fault";
        told.setAttribute("role", "alert");
        told.textContent = text;
        element.insertAdjacentElement("afterend", told);
    }

    function noAnswer(event) {
        if (event.target.closest(".op-page")) {
            tell(event.target, "The portal did not answer. What you entered is still here: try again.");
        }
    }

    document.addEventListener("htmx:beforeSwap", function (event) {
        if (event.target.closest(".op-page") && event.detail.xhr.responseURL.indexOf("/login/") !== -1) {
            event.detail.shouldSwap = false;
            tell(event.detail.requestConfig.elt, "You are signed out. What you entered is still here: copy it before you leave the page.");
        }
    });
    // What is typed into a form while it is exchanged would vanish with the old one.
    document.addEventListener("htmx:beforeRequest", function (event) {
        if (event.detail.target.id === "operation-form") {
            event.detail.target.inert = true;
        }
    });
    document.addEventListener("htmx:afterRequest", function (event) {
        if (event.detail.target.id === "operation-form" && event.detail.target.isConnected) {
            event.detail.target.inert = false;
            event.detail.elt.focus();
        }
    });
    document.addEventListener("htmx:responseError", noAnswer);
    document.addEventListener("htmx:sendError", noAnswer);
    document.addEventListener("DOMContentLoaded", repair);
    document.addEventListener("alpine:initialized", repair);
    document.addEventListener("htmx:afterSwap", function (event) {
        muteIcons(event.target);
    });
})();
