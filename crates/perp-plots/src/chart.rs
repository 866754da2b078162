//! Lines over an axis, side by side in one SVG that is legible on light and on dark pages.

use anyhow::{anyhow, Result};
use plotters::prelude::*;

/// Width of a figure, in pixels.
const WIDTH: u32 = 860;
/// Height of a figure, in pixels.
const HEIGHT: u32 = 380;
const FONT: &str = "sans-serif";

/// A color on light pages and the one that stands for it on dark pages.
struct Tone {
    light: RGBColor,
    dark: &'static str,
}

const PAPER: Tone = Tone { light: RGBColor(0xff, 0xff, 0xff), dark: "#0D1117" };
const INK: Tone = Tone { light: RGBColor(0x1f, 0x23, 0x28), dark: "#E6EDF3" };
const AXIS: Tone = Tone { light: RGBColor(0x59, 0x63, 0x6e), dark: "#9198A1" };
const GRID: Tone = Tone { light: RGBColor(0xd8, 0xde, 0xe4), dark: "#2A313C" };
/// Told apart also by those who see few colors.
const LINES: [Tone; 5] = [
    Tone { light: RGBColor(0x05, 0x5f, 0xbe), dark: "#58A6FF" },
    Tone { light: RGBColor(0xbc, 0x4c, 0x00), dark: "#F0883E" },
    Tone { light: RGBColor(0x1a, 0x7f, 0x37), dark: "#3FB950" },
    Tone { light: RGBColor(0x82, 0x50, 0xdf), dark: "#BC8CFF" },
    Tone { light: RGBColor(0x6e, 0x50, 0x11), dark: "#D9B94A" },
];

/// What is measured along a side of a panel.
pub struct Axis {
    /// What it is, with its unit.
    pub label: &'static str,
    /// Where it begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// Digits after the point.
    pub places: usize,
}

/// A line and what it shows.
pub struct Line {
    /// What it shows.
    pub label: String,
    /// Its points, from left to right.
    pub points: Vec<(f64, f64)>,
}

/// A coordinate system with lines in it.
pub struct Panel {
    /// What is shown, in a few words.
    pub title: &'static str,
    /// From left to right.
    pub x: Axis,
    /// From bottom to top.
    pub y: Axis,
    /// At most five.
    pub lines: Vec<Line>,
    /// Where the legend leaves the lines free.
    pub legend: Corner,
}

/// A corner of a panel.
#[derive(Clone, Copy)]
pub enum Corner {
    /// Above, at the left.
    TopLeft,
    /// Above, at the right.
    TopRight,
    /// Below, at the left.
    BottomLeft,
    /// Below, at the right.
    BottomRight,
}

/// One picture of a guide.
pub struct Figure {
    /// The name of its file, without the ending.
    pub name: &'static str,
    /// What a reader who does not see it is told.
    pub description: &'static str,
    /// Side by side.
    pub panels: Vec<Panel>,
}

impl Figure {
    /// The figure as SVG.
    ///
    /// # Errors
    /// More lines in a panel than there are colors, or the drawing library's.
    pub fn svg(&self) -> Result<String> {
        let mut svg = String::new();
        {
            let root = SVGBackend::with_string(&mut svg, (WIDTH, HEIGHT)).into_drawing_area();
            root.fill(&PAPER.light)?;
            for (area, panel) in root.split_evenly((1, self.panels.len())).iter().zip(&self.panels) {
                draw(area, panel).map_err(|error| anyhow!("{}: {error}", self.name))?;
            }
            root.present()?;
        }
        let (head, drawing) = svg.split_once('\n').ok_or_else(|| anyhow!("{}: no drawing", self.name))?;
        let (title, style) = (self.description, dark_style());
        Ok(format!("{head}\n<title>{title}</title>\n<style>{style}</style>\n{drawing}"))
    }
}

/// Each color of a light page replaced where the reader's pages are dark.
fn dark_style() -> String {
    let rules: String = [PAPER, INK, AXIS, GRID]
        .iter()
        .chain(&LINES)
        .map(|Tone { light: RGBColor(red, green, blue), dark }| {
            let light = format!("#{red:02X}{green:02X}{blue:02X}");
            format!(r#"[fill="{light}"]{{fill:{dark}}}[stroke="{light}"]{{stroke:{dark}}}"#)
        })
        .collect();
    format!("@media (prefers-color-scheme: dark){{{rules}}}")
}

fn draw<'a>(area: &DrawingArea<SVGBackend<'a>, plotters::coord::Shift>, panel: &Panel) -> Result<()> {
    let text = |size: i32, color: &Tone| (FONT, size).into_font().color(&color.light);
    let mut chart = ChartBuilder::on(area)
        .caption(panel.title, text(15, &INK))
        .margin(12)
        .margin_right(20)
        .x_label_area_size(42)
        .y_label_area_size(58)
        .build_cartesian_2d(panel.x.from..panel.x.to, panel.y.from..panel.y.to)
        .map_err(|error| anyhow!("{error}"))?;
    let shown = |value: &f64, axis: &Axis| {
        // No minus before a zero.
        let text = format!("{value:.places$}", places = axis.places);
        if text.trim_start_matches(['-', '0', '.']).is_empty() {
            text.trim_start_matches('-').to_owned()
        } else {
            text
        }
    };
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID.light)
        .axis_style(AXIS.light)
        .label_style(text(12, &AXIS))
        .axis_desc_style(text(13, &INK))
        .x_desc(panel.x.label)
        .y_desc(panel.y.label)
        .x_labels(7)
        .y_labels(8)
        .x_label_formatter(&|value| shown(value, &panel.x))
        .y_label_formatter(&|value| shown(value, &panel.y))
        .draw()
        .map_err(|error| anyhow!("{error}"))?;
    if panel.lines.len() > LINES.len() {
        return Err(anyhow!("{} lines, and {} colors", panel.lines.len(), LINES.len()));
    }
    for (line, color) in panel.lines.iter().zip(&LINES) {
        let style = color.light.stroke_width(2);
        chart
            .draw_series(LineSeries::new(line.points.iter().copied(), style))
            .map_err(|error| anyhow!("{error}"))?
            .label(line.label.as_str())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    if panel.lines.len() > 1 {
        chart
            .configure_series_labels()
            .position(match panel.legend {
                Corner::TopLeft => SeriesLabelPosition::UpperLeft,
                Corner::TopRight => SeriesLabelPosition::UpperRight,
                Corner::BottomLeft => SeriesLabelPosition::LowerLeft,
                Corner::BottomRight => SeriesLabelPosition::LowerRight,
            })
            .background_style(PAPER.light)
            .border_style(GRID.light)
            .label_font(text(12, &INK))
            .draw()
            .map_err(|error| anyhow!("{error}"))?;
    }
    Ok(())
}
