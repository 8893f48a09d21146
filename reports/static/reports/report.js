/* Printing a report: the button, and charts in the width of the paper. */
(function () {
    "use strict";

    // What fits on A4 between the margins. A chart cannot measure it: the page is not laid out for paper yet.
    var PAPER = 680;
    // The lines of a dark page would be dark on white.
    var LINES = "#d5d9e0";

    function eachChart(act) {
        Object.values(Chart.instances).forEach(act);
    }

    function paintLines(chart, colourOf) {
        Object.keys(chart.options.scales).forEach(function (name) {
            chart.options.scales[name].grid.color = colourOf(name);
        });
        chart.update();
    }

    function toPaper(chart) {
        chart.screenLines = {};
        Object.keys(chart.options.scales).forEach(function (name) {
            chart.screenLines[name] = chart.options.scales[name].grid.color;
        });
        paintLines(chart, function () {
            return LINES;
        });
        chart.resize(PAPER, chart.height);
    }

    function toScreen(chart) {
        paintLines(chart, function (name) {
            return chart.screenLines[name];
        });
        chart.resize();
    }

    window.addEventListener("beforeprint", function () {
        eachChart(toPaper);
    });
    window.addEventListener("afterprint", function () {
        eachChart(toScreen);
    });
    document.addEventListener("DOMContentLoaded", function () {
        document.querySelectorAll("[data-print]").forEach(function (button) {
            button.hidden = false;
            button.addEventListener("click", function () {
                window.print();
            });
        });
    });
})();
