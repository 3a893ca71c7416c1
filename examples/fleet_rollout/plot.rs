//! The plot: how large a part of the lamps was offered a build, against what the plan said.

use std::fs;
use std::path::Path;

use ota_trust::primitives::UtcTime;
use plotters::coord::Shift;
use plotters::prelude::*;

use crate::Result;
use crate::lamp::{Build, Channel, HOUR, SLOTS, STEP};
use crate::record::{Record, exposed_at_the_end, stretches};

const SIZE: (u32, u32) = (960, 680);
/// The axis is logarithmic, and begins at so many percent. What is less is not drawn.
const LEAST: f64 = 0.5;
const FONT: &str = "sans-serif";

/// Days since the beginning, and percent.
type Point = (f64, f64);

/// Draws the plot into a file.
pub fn draw(records: &[Record], paused: Option<UtcTime>, file: &Path) -> Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        for (part, channel) in area.split_evenly((2, 1)).iter().zip(Channel::ALL) {
            panel(part, channel, records, paused)?;
        }
        area.present()?;
    }
    Ok(fs::write(file, text)?)
}

fn panel(
    area: &DrawingArea<SVGBackend<'_>, Shift>,
    channel: Channel,
    records: &[Record],
    paused: Option<UtcTime>,
) -> Result<()> {
    let begins = records.first().map(|record| record.at).ok_or("nothing to draw")?;
    let days = |at: UtcTime| real(at.unix().abs_diff(begins.unix())) / 86_400.0;
    let end = days(records.last().map_or(begins, |record| record.at.saturating_add(STEP)));
    let mut chart = ChartBuilder::on(area)
        .caption(format!("channel {}", channel.name()), (FONT, 18))
        .margin(10)
        .x_label_area_size(36)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..end, (LEAST..130.0).log_scale())?;
    chart
        .configure_mesh()
        .x_desc("days")
        .y_desc("offered to, percent of lamps")
        .max_light_lines(1)
        .label_style((FONT, 13))
        .y_label_formatter(&|percent| format!("{percent}"))
        .draw()?;
    for (build, color) in Build::NEW.into_iter().zip([RED, BLUE]) {
        let plan = planned(records, build, channel, &days);
        let style = color.mix(0.25).stroke_width(7);
        let label = format!("{}, as planned", build.number());
        chart
            .draw_series(plan.into_iter().map(|line| PathElement::new(line, style)))?
            .label(label)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], style));
        let lines = measured(records, build, channel, &days);
        let style = color.stroke_width(2);
        let label = format!("{}, of the polls of the last four hours", build.number());
        chart
            .draw_series(lines.into_iter().map(|line| PathElement::new(line, style)))?
            .label(label)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], style));
    }
    if let Some(paused) = paused.map(days) {
        let line = PathElement::new([(paused, LEAST), (paused, 130.0)], BLACK.stroke_width(1));
        chart
            .draw_series([line])?
            .label("the brake")
            .legend(|(x, y)| PathElement::new([(x, y), (x + 20, y)], BLACK.stroke_width(1)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE.mix(0.9))
        .border_style(BLACK.mix(0.3))
        .label_font((FONT, 12))
        .draw()?;
    Ok(())
}

/// A level line for each stretch in which anything is exposed.
fn planned(
    records: &[Record],
    build: Build,
    channel: Channel,
    days: &impl Fn(UtcTime) -> f64,
) -> Vec<[Point; 2]> {
    let level = |stretch: &[Record]| {
        let (first, last) = (stretch.first()?, stretch.last()?);
        let share = first.planned.get(&(build, channel))?.exposure;
        let percent = f64::from(share.get()) / 100.0;
        let ends = [days(first.at), days(last.at.saturating_add(STEP))];
        (percent >= LEAST).then(|| ends.map(|day| (day, percent)))
    };
    stretches(records).filter_map(level).collect()
}

/// The share over the last round of polls, every hour.
fn measured(
    records: &[Record],
    build: Build,
    channel: Channel,
    days: &impl Fn(UtcTime) -> f64,
) -> Vec<Vec<Point>> {
    let every = usize::try_from(HOUR / STEP).unwrap_or(SLOTS);
    let rounds = records.windows(SLOTS).step_by(every);
    let points = rounds.map(|round| {
        let found = exposed_at_the_end(round, build, channel);
        let end = round.last().map_or(0.0, |record| days(record.at.saturating_add(STEP)));
        (end, 100.0 * real(found.exposed) / real(found.polled.max(1)))
    });
    let points: Vec<Point> = points.collect();
    let drawn = points.split(|(_, percent)| *percent < LEAST).filter(|line| line.len() > 1);
    drawn.map(<[Point]>::to_vec).collect()
}

/// A count; none here comes near 2³².
fn real(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
