//! Writing what is only known when somebody asks.

use std::fmt;

use prometheus_client::encoding::{DescriptorEncoder, EncodeGaugeValue, EncodeMetric, LabelSetEncoder};
use prometheus_client::encoding::{EncodeLabelSet, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

/// Writes gauges and counters from values that somebody just read. Helps are sentences without their full stop, as a registry
/// wants them.
pub struct Collected<'e>(DescriptorEncoder<'e>);

/// One label with its value.
pub struct Label(pub &'static str, pub &'static str);

impl EncodeLabelSet for Label {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        [(self.0, self.1)].encode(encoder)
    }
}

impl<'e> Collected<'e> {
    /// Writes with this.
    pub fn new(encoder: DescriptorEncoder<'e>) -> Self {
        Self(encoder)
    }

    /// A gauge; nothing where the value is not known.
    pub fn gauge<N>(&mut self, name: &str, help: &str, unit: Option<&Unit>, value: Option<N>) -> fmt::Result
    where
        ConstGauge<N>: EncodeMetric,
    {
        let Some(value) = value else { return Ok(()) };
        let encoder = self.0.encode_descriptor(name, &format!("{help}."), unit, MetricType::Gauge)?;
        ConstGauge::new(value).encode(encoder)
    }

    /// A gauge for each value of a label; nothing where there are none.
    pub fn gauges<N: EncodeGaugeValue>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (Label, N)>,
    ) -> fmt::Result {
        let mut values = values.into_iter().peekable();
        if values.peek().is_none() {
            return Ok(());
        }
        let mut encoder = self.0.encode_descriptor(name, &format!("{help}."), None, MetricType::Gauge)?;
        for (label, value) in values {
            encoder.encode_family(&label)?.encode_gauge(&value)?;
        }
        Ok(())
    }

    /// A counter that somebody else counts.
    pub fn counter<N>(&mut self, name: &str, help: &str, unit: Option<&Unit>, value: N) -> fmt::Result
    where
        ConstCounter<N>: EncodeMetric,
    {
        let encoder = self.0.encode_descriptor(name, &format!("{help}."), unit, MetricType::Counter)?;
        ConstCounter::new(value).encode(encoder)
    }

    /// The same for each value of a label.
    pub fn counters(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (Label, u64)>,
    ) -> fmt::Result {
        let mut encoder = self.0.encode_descriptor(name, &format!("{help}."), None, MetricType::Counter)?;
        for (label, value) in values {
            encoder.encode_family(&label)?.encode_counter::<NoLabelSet, _, u64>(&value, None)?;
        }
        Ok(())
    }
}
